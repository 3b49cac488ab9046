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
