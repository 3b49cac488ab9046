import { CLUSTER_SET_LABEL } from '../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Placement } from '../../apis/cluster/v1beta1.ts'
import type { ManagedClusterSet, ManagedClusterSetBinding } from '../../apis/cluster/v1beta2.ts'
import type { LabelSelector } from '../../apis/meta/v1.ts'
import { selects } from '../../kube/index.ts'

/** Whether a cluster is in a set: by its label, or because the set selects it. */
export function isMember(set: ManagedClusterSet, { metadata: { labels = {} } }: ManagedCluster): boolean {
  const { selectorType, labelSelector } = set.spec?.clusterSelector ?? {}
  if (selectorType === 'LabelSelector')
    return labelSelector !== undefined && selects(labelSelector as LabelSelector, labels)
  return Object.hasOwn(labels, CLUSTER_SET_LABEL) && labels[CLUSTER_SET_LABEL] === set.metadata.name
}

/** The names of the sets that a Placement may choose from: those bound to its namespace, of those that it asks for. Sorted. */
export function eligibleSets(
  { spec }: Placement,
  bindings: readonly ManagedClusterSetBinding[],
): readonly string[] {
  const bound = new Set(bindings.map(({ metadata }) => metadata.name ?? ''))
  const wanted = spec?.clusterSets ?? []
  return [...bound].filter((name) => wanted.length === 0 || wanted.includes(name)).sort()
}

/** Each cluster once, without those that are being deleted. */
export function clustersOfSets(
  sets: readonly ManagedClusterSet[],
  clusters: readonly ManagedCluster[],
): readonly ManagedCluster[] {
  return clusters.filter(
    (cluster) => !cluster.metadata.deletionTimestamp && sets.some((set) => isMember(set, cluster)),
  )
}
