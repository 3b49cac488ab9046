/** The kinds that others need, in the order of their application. */
const RANKS: readonly (readonly string[])[] = [
  [
    'PriorityClass',
    'Namespace',
    'CustomResourceDefinition',
    'StorageClass',
    'PersistentVolume',
    'PodSecurityPolicy',
  ],
  ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  ['NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget', 'ServiceAccount'],
  ['Secret', 'ConfigMap', 'PersistentVolumeClaim'],
  ['Service'],
  [
    'DaemonSet',
    'Pod',
    'ReplicationController',
    'ReplicaSet',
    'Deployment',
    'HorizontalPodAutoscaler',
    'StatefulSet',
    'Job',
    'CronJob',
  ],
  [
    'APIService',
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ],
]

const RANK_BY_KIND = new Map(RANKS.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)))

/** The rank of all kinds that are not listed: after the others. */
export const LAST_RANK = RANKS.length

/** When manifests of a kind are applied, the lowest first (ocm, manifestwork_reconciler.go). The group does not count. */
export function applyRank(kind: string | undefined): number {
  return RANK_BY_KIND.get(kind ?? '') ?? LAST_RANK
}

/** Items by rank, the lowest first; in each rank as they came. */
export function byApplyOrder<T>(items: readonly T[], kindOf: (item: T) => string | undefined): T[][] {
  const groups = new Map<number, T[]>()
  for (const item of items) {
    const rank = applyRank(kindOf(item))
    const group = groups.get(rank)
    if (group) group.push(item)
    else groups.set(rank, [item])
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group)
}
