import { StatusError, type StatusReason } from '../../api/status.ts'
import { forbiddenObject } from '../../rbac/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { activation } from '../cel/activation.ts'
import { requestFields } from '../cel/request-value.ts'
import { isExempt, RequestVersions, withNamespace } from '../match/index.ts'
import { requestName } from '../request-name.ts'
import { type MatchContext, matchedResource, namespaceOf } from './match-resources.ts'
import { ConfigurationError, paramsOf } from './params.ts'
import type { PoliciesComponents } from './policies-components.ts'
import { Policy, type Refusal } from './policy.ts'
import { type BoundPolicy, PolicyIndex } from './policy-index.ts'
import type { EnforcementAction } from './policy-metrics.ts'
import type { BindingObject } from './policy-objects.ts'

/** A refusal, and who has it. */
interface Denial extends Pick<Refusal, 'message' | 'reason'> {
  readonly policy: string
  readonly binding: string | undefined
}

const ACTIONS: Readonly<Record<string, EnforcementAction>> = { Deny: 'deny', Warn: 'warn', Audit: 'audit' }
const REASONS: readonly StatusReason[] = ['Unauthorized', 'Forbidden', 'RequestEntityTooLarge', 'Invalid']

/** What ValidatingAdmissionPolicies say to a request (k8s.io/apiserver, policy/validating). */
export class ValidatingPolicies implements AdmissionPlugin {
  readonly #components: PoliciesComponents
  readonly #index: PolicyIndex<Policy>

  constructor(components: PoliciesComponents) {
    this.#components = components
    this.#index = new PolicyIndex(components, {
      policies: 'validatingadmissionpolicies',
      bindings: 'validatingadmissionpolicybindings',
      compile: (object) => new Policy(object),
    })
  }

  start(): void {
    this.#index.start()
  }

  stop(): void {
    this.#index.stop()
  }

  async validate(given: AdmissionRequest): Promise<void> {
    const { bound } = this.#index
    if (bound.length === 0 || isExempt(given)) return
    const request = withNamespace(given)
    const { versions, namespaces } = this.#components
    const context = { request, namespaces, versions: new RequestVersions(versions, request) }
    const denials: Denial[] = []
    for (const each of bound) denials.push(...(await this.#denials(each, context)))
    if (denials[0]) throw denied(request, denials[0])
  }

  async #denials({ policy, bindings }: BoundPolicy<Policy>, context: MatchContext): Promise<Denial[]> {
    const { spec } = policy.object
    let matched: ServedResource | undefined
    try {
      matched = matchedResource(spec.matchConstraints ?? {}, context)
    } catch (error) {
      return misconfigured(policy, undefined, error)
    }
    if (!matched) return []
    const denials: Denial[] = []
    for (const binding of bindings) {
      try {
        const refusals = await this.#refusals(policy, binding, matched, context)
        denials.push(...this.#enforced(policy, binding, context.request, refusals))
      } catch (error) {
        denials.push(...misconfigured(policy, binding, error))
      }
    }
    return denials
  }

  async #refusals(
    policy: Policy,
    { spec }: BindingObject,
    matched: ServedResource,
    context: MatchContext,
  ): Promise<Refusal[]> {
    const { request, versions } = context
    if (spec.matchResources && !matchedResource(spec.matchResources, context)) return []
    const params = paramsOf(this.#components, {
      kind: policy.object.spec.paramKind,
      ref: spec.paramRef,
      namespace: request.namespace,
    })
    await versions.prepare(matched)
    const names = activation({
      ...versions.in(matched),
      request: requestFields(request, matched),
      namespace: namespaceOf(request, this.#components.namespaces),
    })
    const refusals: Refusal[] = []
    for (const param of params) refusals.push(...policy.refusals(names, await param))
    return refusals
  }

  /** Those refusals that the binding wants to be denials; of others it may want to warn. Nothing is audited here. */
  #enforced(
    policy: Policy,
    binding: BindingObject,
    request: AdmissionRequest,
    refusals: readonly Refusal[],
  ): Denial[] {
    const { metrics } = this.#components
    const { name: policyName = '' } = policy.object.metadata
    const { name = '' } = binding.metadata
    const actions = binding.spec.validationActions ?? []
    const denials: Denial[] = []
    for (const { message, reason, errorType, seconds } of refusals) {
      const check = { policy: policyName, binding: name, errorType }
      if (policy.ignoresFailures && errorType !== 'no_error') {
        metrics?.observeValidation(check, 'allow', seconds)
        continue
      }
      for (const action of actions) {
        const enforcement = ACTIONS[action]
        if (enforcement) metrics?.observeValidation(check, enforcement, seconds)
        if (enforcement === 'deny') denials.push({ policy: policyName, binding: name, message, reason })
        if (enforcement !== 'warn') continue
        request.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${name}': ${message}`,
        )
      }
    }
    return denials
  }
}

/** A policy that cannot be used counts as one that refuses, unless its failures are to be ignored. */
function misconfigured(policy: Policy, binding: BindingObject | undefined, error: unknown): Denial[] {
  if (!(error instanceof ConfigurationError || error instanceof StatusError)) throw error
  if (policy.ignoresFailures) return []
  const message = `failed to configure ${binding ? 'binding' : 'policy'}: ${error.message}`
  const { name = '' } = policy.object.metadata
  return [{ policy: name, binding: binding?.metadata.name, message, reason: undefined }]
}

function denied(request: AdmissionRequest, { policy, binding, message, reason }: Denial): StatusError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`
  const text = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`
  const forbidden = forbiddenObject(request, requestName(request), text)
  const known = REASONS.find((each) => each === reason) ?? 'Invalid'
  return new StatusError(known, forbidden.message, { ...forbidden.details, causes: [{ message: text }] })
}
