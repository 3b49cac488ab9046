import type { KubeObject, LabelSelector } from '../meta/v1.ts'

/** Go writes a list that is not there as null. */
type Names = readonly string[] | null

/** Allows its verbs on resources, or else on paths. */
export interface PolicyRule {
  readonly verbs?: Names
  readonly apiGroups?: Names
  readonly resources?: Names
  readonly resourceNames?: Names
  readonly nonResourceURLs?: Names
}

export interface ClusterRole extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null
  /** The rules are those of all roles that are selected by any of these. */
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] | null } | null
}

/** Rules within its namespace. */
export interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null
}

/** Who is given a role: a user or group by its name, a service account also by its namespace. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount'
  readonly name: string
  readonly namespace?: string
  /** `rbac.authorization.k8s.io` for users and groups. */
  readonly apiGroup?: string
}

export interface RoleRef {
  readonly apiGroup: string
  readonly kind: 'ClusterRole' | 'Role'
  readonly name: string
}

/** Gives a role's rights in all namespaces. The role that it names cannot be changed. */
export interface ClusterRoleBinding extends KubeObject {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[] | null
}

/** Gives a role's rights within its namespace. The role that it names cannot be changed. */
export interface RoleBinding extends KubeObject {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[] | null
}
