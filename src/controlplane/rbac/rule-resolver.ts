import type { User } from './authorizer.ts'
import type { Grant } from './binding-index.ts'
import { namespaceOf } from './binding-index.ts'
import { type PolicyRule, RBAC_GROUP, type RoleRef } from './rbac-objects.ts'

/** The rules that apply to somebody. They are good even when there are roles that could not be found. */
export interface ResolvedRules {
  readonly rules: readonly PolicyRule[]
  /** The roles that bindings refer to and that are not there. */
  readonly missing: readonly RoleRef[]
}

export interface RuleResolver {
  /** The rules of a user in a namespace, or everywhere when it is empty. */
  rulesFor(user: User, namespace: string): ResolvedRules
  /** The rules of the role that a binding in `namespace` refers to; undefined when it is not there. */
  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined
}

/** In the words of Kubernetes' lister. */
export function missingRoleText({ kind, name }: RoleRef): string {
  if (kind !== 'Role' && kind !== 'ClusterRole')
    return `unsupported role reference kind: ${JSON.stringify(kind)}`
  return `${kind.toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(name)} not found`
}

/** Errors as Kubernetes puts several into one line. */
export function aggregateTexts(texts: readonly string[]): string {
  const distinct = [...new Set(texts)]
  return distinct.length === 1 ? (distinct[0] as string) : `[${distinct.join(', ')}]`
}

/** Such as `ClusterRoleBinding "b" of ClusterRole "r" to Group "g"`. */
export function describeGrant({ binding, subject }: Grant): string {
  const { metadata, roleRef } = binding
  const home = namespaceOf(binding)
  const name = `${metadata.name}${home === '' ? '' : `/${home}`}`
  const kind = home === '' ? 'ClusterRoleBinding' : 'RoleBinding'
  const isAccount = subject.kind === 'ServiceAccount'
  const subjectName = isAccount ? `${subject.name}/${subject.namespace || home}` : subject.name
  return `${kind} ${quote(name)} of ${roleRef.kind} ${quote(roleRef.name)} to ${subject.kind} ${quote(subjectName)}`
}

function quote(text: string): string {
  return JSON.stringify(text)
}
