import { isDeepStrictEqual } from 'node:util'
import type { Frame } from '../../../cel/evaluator.ts'
import type { JsonObject } from '../../api/json.ts'
import { StatusError } from '../../api/status.ts'
import { builtinSchema, type Schema, UNTYPED } from '../../apply/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import { typeOfKind } from '../../schema/builtin-types.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionRounds } from '../admission.ts'
import { activation } from '../cel/activation.ts'
import { ExpressionFailure } from '../cel/expression.ts'
import { requestFields } from '../cel/request-value.ts'
import { decodeChanged, requireSameNamespace } from '../changed-object.ts'
import { converted, isExempt, RequestVersions, withNamespace } from '../match/index.ts'
import { Reinvocation } from '../reinvocation.ts'
import { internalError } from '../webhooks/webhook-errors.ts'
import { type MatchContext, matchedResource, namespaceOf } from './match-resources.ts'
import { MutatingPolicy } from './mutating-policy.ts'
import type { CompiledMutation } from './mutation.ts'
import { ConfigurationError, paramsOf, withParams } from './params.ts'
import type { PoliciesComponents } from './policies-components.ts'
import { errorTypeOf } from './policy.ts'
import { PolicyDenial, type PolicyProblem } from './policy-denial.ts'
import { type BoundPolicy, PolicyIndex } from './policy-index.ts'
import type { EvaluationErrorType } from './policy-metrics.ts'
import type { BindingObject } from './policy-objects.ts'

/** A policy in force for a request, with what it takes its parameters from. */
interface Invocation {
  /** Tells it from all others. */
  readonly id: string
  readonly policy: MutatingPolicy
  readonly binding: string
  /** The version in which it wants to see the object. */
  readonly matched: ServedResource
  readonly params: KubeObject | undefined
}

/** The object as an invocation sees it. */
interface View {
  readonly request: AdmissionRequest
  readonly versions: RequestVersions
}

/**
 * Has MutatingAdmissionPolicies change what is about to be written, one after the other (k8s.io/apiserver, policy/mutating). In a
 * second round only those do that want to when others have changed the object after them. What one cannot do keeps none of the
 * others from doing what it can.
 */
export class MutatingPolicies implements AdmissionPlugin {
  readonly #components: PoliciesComponents
  readonly #index: PolicyIndex<MutatingPolicy>

  constructor(components: PoliciesComponents) {
    this.#components = components
    this.#index = new PolicyIndex(components, {
      policies: 'mutatingadmissionpolicies',
      bindings: 'mutatingadmissionpolicybindings',
      compile: (object) => new MutatingPolicy(object),
    })
  }

  start(): void {
    this.#index.start()
  }

  stop(): void {
    this.#index.stop()
  }

  async mutate(given: AdmissionRequest, rounds: AdmissionRounds): Promise<KubeObject | undefined> {
    const { bound } = this.#index
    if (bound.length === 0 || given.operation === 'DELETE' || isExempt(given)) return undefined
    const request = withNamespace(given)
    const { versions, namespaces } = this.#components
    const context = { request, namespaces, versions: new RequestVersions(versions, request) }
    const problems: PolicyProblem[] = []
    const invocations: Invocation[] = []
    for (const each of bound) invocations.push(...(await this.#invocations(each, context, problems)))
    const object = await this.#invoke(invocations, request, rounds, problems)
    const [first, ...others] = problems
    if (first) throw new PolicyDenial(request, [first, ...others])
    if (object) requireSameNamespace(object, given)
    return object
  }

  /** Which of a policy there are is decided by the object as it came. */
  async #invocations(
    { policy, bindings }: BoundPolicy<MutatingPolicy>,
    context: MatchContext,
    problems: PolicyProblem[],
  ): Promise<Invocation[]> {
    const misconfigured = (error: unknown, binding?: BindingObject) => {
      if (!(error instanceof ConfigurationError || error instanceof StatusError)) throw error
      if (policy.ignoresFailures) return
      const message = `failed to configure ${binding ? 'binding' : 'policy'}: ${error.message}`
      problems.push({ policy: policy.name, binding: binding?.metadata.name, message, reason: 'Forbidden' })
    }
    let matched: ServedResource | undefined
    try {
      matched = matchedResource(policy.object.spec.matchConstraints ?? {}, context)
    } catch (error) {
      misconfigured(error)
    }
    if (!matched) return []
    const invocations: Invocation[] = []
    for (const binding of bindings) {
      try {
        invocations.push(...(await this.#ofBinding(policy, binding, matched, context)))
      } catch (error) {
        misconfigured(error, binding)
      }
    }
    return invocations
  }

  async #ofBinding(
    policy: MutatingPolicy,
    { metadata, spec }: BindingObject,
    matched: ServedResource,
    context: MatchContext,
  ): Promise<Invocation[]> {
    if (spec.matchResources && !matchedResource(spec.matchResources, context)) return []
    const kind = policy.object.spec.paramKind
    const { namespace } = context.request
    const params = await Promise.all(paramsOf(this.#components, { kind, ref: spec.paramRef, namespace }))
    const binding = metadata.name ?? ''
    return params.map((each) => {
      const id = [policy.name, binding, each?.metadata.namespace, each?.metadata.name].join('/')
      return { id, policy, binding, matched, params: each }
    })
  }

  async #invoke(
    invocations: readonly Invocation[],
    given: AdmissionRequest,
    rounds: AdmissionRounds,
    problems: PolicyProblem[],
  ): Promise<KubeObject | undefined> {
    const reinvocation = Reinvocation.of(this, rounds, given.object)
    let view = this.#view(given)
    for (const invocation of invocations) {
      const { policy } = invocation
      const fail = (error: unknown) => {
        if (!(error instanceof ExpressionFailure)) throw error
        const { name, ignoresFailures } = policy
        const { binding } = invocation
        if (!ignoresFailures)
          problems.push({ policy: name, binding, message: error.message, reason: 'Invalid' })
      }
      try {
        if (!policy.matches(await this.#names(invocation, view))) continue
      } catch (error) {
        fail(error)
        continue
      }
      if (rounds.isSecond && !reinvocation.wants(invocation)) continue
      const before = view.request.object
      for (const mutation of policy.mutations) {
        try {
          view = await this.#mutated(mutation, invocation, view)
        } catch (error) {
          fail(error)
        }
      }
      if (!isDeepStrictEqual(before, view.request.object)) {
        reinvocation.changed()
        rounds.wantSecond()
      }
      if (policy.isReinvoked) reinvocation.asked(invocation)
    }
    reinvocation.leave(view.request.object)
    return view.request.object
  }

  #view(request: AdmissionRequest): View {
    return { request, versions: new RequestVersions(this.#components.versions, request) }
  }

  async #names({ matched, params }: Invocation, { request, versions }: View): Promise<Frame> {
    await versions.prepare(matched)
    const names = activation({
      ...versions.in(matched),
      request: requestFields(request, matched),
      namespace: namespaceOf(request, this.#components.namespaces),
    })
    return withParams(names, params)
  }

  async #mutated(mutation: CompiledMutation, invocation: Invocation, view: View): Promise<View> {
    const { matched, policy, binding } = invocation
    const { request, versions } = view
    const names = await this.#names(invocation, view)
    const { object } = versions.in(matched)
    if (!object) return view
    const start = performance.now()
    let errorType: EvaluationErrorType = 'no_error'
    try {
      const patched = mutation.patched(object, schemaOf(request, matched), names)
      if (patched === object) return view
      const decoded = decodedAgain(patched, request, matched)
      const own = request.objectKind ? decoded : await converted(decoded, matched, versions.own)
      return this.#view({ ...request, object: own })
    } catch (error) {
      errorType = errorTypeOf(error as Error)
      throw error
    } finally {
      const seconds = (performance.now() - start) / 1000
      this.#components.metrics?.observeMutation({ policy: policy.name, binding, errorType }, seconds)
    }
  }
}

/** @throws StatusError InternalError: what a policy makes of an object is nothing that the client could mend */
function decodedAgain(object: JsonObject, request: AdmissionRequest, matched: ServedResource): KubeObject {
  // Objects of Kubernetes' own kinds have no other fields.
  const fieldValidation = matched.isCustom ? 'Ignore' : 'Strict'
  try {
    return decodeChanged(object, request, { matched, fieldValidation })
  } catch (error) {
    if (error instanceof StatusError) throw internalError(error.message)
    throw error
  }
}

/** What of the object is merged in which way. */
function schemaOf({ objectKind }: AdmissionRequest, matched: ServedResource): Schema {
  if (!objectKind) return matched.managedType('').schemaAt(matched.apiVersion) ?? UNTYPED
  const { group, version, kind } = objectKind
  const typeId = typeOfKind(group === '' ? version : `${group}/${version}`, kind)
  return typeId === undefined ? UNTYPED : builtinSchema(typeId)
}
