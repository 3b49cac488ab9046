import { isDeepStrictEqual } from 'node:util'
import { type GroupResource, notFound, StatusError } from '../api/status.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { type Authorizer, isPrivileged, type User } from './authorizer.ts'
import { forbiddenObject } from './forbidden.ts'
import { type Binding, type ClusterRole, type PolicyRule, RBAC_GROUP, type RoleRef } from './rbac-objects.ts'
import { compactRules, describeRule, quoteAll, uncoveredRules } from './rule-coverage.ts'
import { aggregateTexts, missingRoleText, type RuleResolver } from './rule-resolver.ts'

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

const CONTROLLER_FIELDS = ['ownerReferences', 'finalizers', 'managedFields']

export interface EscalationGuardComponents {
  readonly authorizer: Authorizer
  readonly rules: RuleResolver
}

/** The request that writes the object. */
export interface WriteRequest {
  readonly user: User
  /** Of the request; empty for what has none. */
  readonly namespace: string
  /** As the path has it, which of a create is nothing. */
  readonly name: string
}

/**
 * Sees to it that nobody gives away more than he has: a role may contain only rules that its writer holds where it applies, and
 * only roles may be bound all of whose rules he holds. Exempt are those who may `escalate` that role or `bind` that role, and
 * members of system:masters. Authorisation of the write itself comes before, validation after.
 */
export class EscalationGuard {
  readonly #authorizer: Authorizer
  readonly #rules: RuleResolver

  constructor({ authorizer, rules }: EscalationGuardComponents) {
    this.#authorizer = authorizer
    this.#rules = rules
  }

  /**
   * For a Role or a ClusterRole; `old` is what it replaces.
   *
   * @throws StatusError Forbidden
   */
  checkRole(request: WriteRequest, role: ClusterRole, old?: ClusterRole): void {
    const resource = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    if (isPrivileged(request.user) || this.#may('escalate', request, resource, request.name)) return
    if (old && onlyControllersCare(role, old)) return
    const target = { group: RBAC_GROUP, resource }
    const name = role.metadata.name ?? ''
    this.#check(request, role.rules ?? [], target, name)
    if (!aggregates(role) && !(old && aggregates(old))) return
    // It can gather anything, now or later.
    if (uncoveredRules(this.#rules.rulesFor(request.user, request.namespace).rules, EVERYTHING).length > 0)
      throw forbiddenObject(target, name, 'must have cluster-admin privileges to use the aggregationRule')
  }

  /**
   * For a RoleBinding or a ClusterRoleBinding; `old` is what it replaces.
   *
   * @throws StatusError Forbidden, or NotFound when there is no such role whose rules could be compared
   */
  checkBinding(request: WriteRequest, binding: Binding, old?: Binding): void {
    if (isPrivileged(request.user) || (old && onlyControllersCare(binding, old))) return
    const { roleRef, kind, metadata } = binding
    const role = resourceOf(roleRef)
    if (role && this.#may('bind', request, role.resource, roleRef.name, roleRef.apiGroup)) return
    if (!role) throw new StatusError('InternalError', missingRoleText(roleRef))
    const rules = this.#rules.rulesOf(roleRef, request.namespace)
    if (!rules) throw notFound(role, roleRef.name)
    const resource = kind === 'ClusterRoleBinding' ? 'clusterrolebindings' : 'rolebindings'
    this.#check(request, rules, { group: RBAC_GROUP, resource }, metadata.name ?? '')
  }

  #may(
    verb: 'escalate' | 'bind',
    { user, namespace }: WriteRequest,
    resource: string,
    name: string,
    group = RBAC_GROUP,
  ): boolean {
    const attributes = { isResource: true, verb, group, resource, subresource: '', namespace, name } as const
    return this.#authorizer.authorize(user, attributes).allowed
  }

  #check(
    { user, namespace }: WriteRequest,
    wanted: readonly PolicyRule[],
    target: GroupResource,
    name: string,
  ): void {
    const { rules, missing } = this.#rules.rulesFor(user, namespace)
    const uncovered = uncoveredRules(rules, wanted)
    if (uncovered.length === 0) return
    const descriptions = new Set(compactRules(uncovered).map(describeRule))
    const lines = [...descriptions].sort().join('\n')
    const unresolved =
      missing.length === 0 ? '' : `; resolution errors: [${aggregateTexts(missing.map(notFoundText))}]`
    const who = `user ${JSON.stringify(user.name)} (groups=${quoteAll(user.groups)})`
    throw forbiddenObject(
      target,
      name,
      `${who} is attempting to grant RBAC permissions not currently held:\n${lines}${unresolved}`,
    )
  }
}

function aggregates({ aggregationRule }: ClusterRole): boolean {
  return (aggregationRule?.clusterRoleSelectors ?? []).length > 0
}

function resourceOf({ kind }: RoleRef): GroupResource | undefined {
  if (kind === 'ClusterRole') return { group: RBAC_GROUP, resource: 'clusterroles' }
  return kind === 'Role' ? { group: RBAC_GROUP, resource: 'roles' } : undefined
}

function notFoundText(ref: RoleRef): string {
  const resource = resourceOf(ref)
  return resource ? notFound(resource, ref.name).message : missingRoleText(ref)
}

/** The garbage collector must get objects deleted whose contents it could not grant. */
function onlyControllersCare(object: KubeObject, old: KubeObject): boolean {
  return isDeepStrictEqual(withoutControllerFields(object), withoutControllerFields(old))
}

function withoutControllerFields({ metadata, ...rest }: KubeObject): object {
  const entries = Object.entries(metadata).filter(([name]) => !CONTROLLER_FIELDS.includes(name))
  return { ...rest, metadata: Object.fromEntries(entries) }
}
