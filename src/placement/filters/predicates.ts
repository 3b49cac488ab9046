import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { SchedulingView } from '../scheduling-view.ts'
import { clusterMatcher } from '../selection/cluster-selector.ts'

export const PREDICATE = 'Predicate'

/** Clusters that meet one of the predicates, or all where there are none. @throws MisconfiguredError */
export function matchingPredicates(
  clusters: readonly ManagedCluster[],
  { placement, scores }: SchedulingView,
): readonly ManagedCluster[] {
  const predicates = placement.spec?.predicates ?? []
  if (predicates.length === 0 || clusters.length === 0) return clusters
  const matchers = predicates.map(({ requiredClusterSelector = {} }) =>
    clusterMatcher(requiredClusterSelector, scores, PREDICATE),
  )
  return clusters.filter((cluster) => matchers.some((matches) => matches(cluster)))
}
