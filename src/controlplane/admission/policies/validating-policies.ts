import { notFound, StatusError, type StatusReason } from '../../api/status.ts'
import { forbiddenObject } from '../../rbac/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { activation } from '../cel/activation.ts'
import { requestFields } from '../cel/request-value.ts'
import type { FollowedObjects } from '../followed-objects.ts'
import { isExempt, RequestVersions, type ResourceVersions, withNamespace } from '../match/index.ts'
import type { NamespaceSource } from '../namespace-lifecycle.ts'
import { requestName } from '../request-name.ts'
import { type MatchContext, matchedResource } from './match-resources.ts'
import { ConfigurationError, type ParamSource, paramsOf } from './params.ts'
import type { Policy, Refusal } from './policy.ts'
import { type BoundPolicy, PolicyIndex } from './policy-index.ts'
import type { BindingObject } from './policy-objects.ts'

export interface ValidatingPoliciesComponents {
  readonly objects: FollowedObjects & ParamSource
  readonly namespaces: NamespaceSource
  readonly versions: ResourceVersions
}

/** A refusal, and who has it. */
interface Denial extends Refusal {
  readonly policy: string
  readonly binding: string | undefined
}

const REASONS: readonly StatusReason[] = ['Unauthorized', 'Forbidden', 'RequestEntityTooLarge', 'Invalid']

/** What ValidatingAdmissionPolicies say to a request (k8s.io/apiserver, policy/validating). */
export class ValidatingPolicies implements AdmissionPlugin {
  readonly #components: ValidatingPoliciesComponents
  readonly #index: PolicyIndex

  constructor(components: ValidatingPoliciesComponents) {
    this.#components = components
    this.#index = new PolicyIndex(components)
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

  async #denials({ policy, bindings }: BoundPolicy, context: MatchContext): Promise<Denial[]> {
    const { metadata, spec } = policy.object
    const name = metadata.name ?? ''
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
        denials.push(...enforced(name, binding, context.request, refusals))
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
    const names = activation({
      ...(await versions.in(matched)),
      request: requestFields(request, matched),
      namespace: this.#namespace(request),
    })
    const refusals: Refusal[] = []
    for (const param of params) refusals.push(...policy.refusals(names, await param))
    return refusals
  }

  #namespace({ namespace, group, resource }: AdmissionRequest): KubeObject | undefined {
    if (namespace === '' || (group === '' && resource === 'namespaces')) return undefined
    const found = this.#components.namespaces.get(namespace)
    if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace)
    return found
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

/** Those refusals that the binding wants to be denials; of others it may want to warn. Nothing is audited here. */
function enforced(
  policy: string,
  { metadata, spec }: BindingObject,
  request: AdmissionRequest,
  refusals: readonly Refusal[],
): Denial[] {
  const { name = '' } = metadata
  const actions = spec.validationActions ?? []
  if (actions.includes('Warn')) {
    for (const { message } of refusals)
      request.warn(
        `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${name}': ${message}`,
      )
  }
  return actions.includes('Deny') ? refusals.map((refusal) => ({ ...refusal, policy, binding: name })) : []
}

function denied(request: AdmissionRequest, { policy, binding, message, reason }: Denial): StatusError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`
  const text = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`
  const forbidden = forbiddenObject(request, requestName(request), text)
  const known = REASONS.find((each) => each === reason) ?? 'Invalid'
  return new StatusError(known, forbidden.message, { ...forbidden.details, causes: [{ message: text }] })
}
