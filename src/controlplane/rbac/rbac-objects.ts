import type { JsonObject } from '../api/json.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { StructuredLabelSelector } from '../selectors/index.ts'

/** The objects of rbac.authorization.k8s.io/v1. A list that is not there may also be null, as Go's decoder takes it. */

export const RBAC_GROUP = 'rbac.authorization.k8s.io'

export type Names = readonly string[] | null

/** Allows its verbs on resources, or else on paths. It takes nothing away. */
export interface PolicyRule extends JsonObject {
  readonly verbs?: Names
  readonly apiGroups?: Names
  readonly resources?: Names
  readonly resourceNames?: Names
  readonly nonResourceURLs?: Names
}

export interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null
}

export interface ClusterRole extends Role {
  readonly aggregationRule?: AggregationRule | null
}

export interface AggregationRule extends JsonObject {
  readonly clusterRoleSelectors?: readonly (JsonObject & StructuredLabelSelector)[] | null
}

export interface RoleRef extends JsonObject {
  readonly apiGroup?: string
  /** `Role` or `ClusterRole`. */
  readonly kind: string
  readonly name: string
}

export interface Subject extends JsonObject {
  /** `User`, `Group` or `ServiceAccount`. */
  readonly kind: string
  readonly apiGroup?: string
  readonly name: string
  /** Of a service account; in a RoleBinding its own one by default. */
  readonly namespace?: string
}

/** A RoleBinding, or a ClusterRoleBinding when it has no namespace. */
export interface Binding extends KubeObject {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[] | null
}
