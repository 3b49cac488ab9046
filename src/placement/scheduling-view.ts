import type { ManagedCluster } from '../apis/cluster/v1.ts'
import type { Placement, PlacementDecision } from '../apis/cluster/v1beta1.ts'
import type { FindScores } from './selection/cel-selector.ts'

/** What the steps of scheduling may look at. */
export interface SchedulingView {
  readonly placement: Placement
  /** The clusters that are decided on for this Placement so far. */
  readonly decided: ReadonlySet<string>
  /** How many other Placements have decided on a cluster. */
  readonly otherDecisions: ReadonlyMap<string, number>
  readonly scores: FindScores
  readonly nowMs: number
}

/** How many decisions of other Placements name each cluster. */
export function countDecisions(
  decisions: readonly PlacementDecision[],
  isOwn: (decision: PlacementDecision) => boolean,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const decision of decisions) {
    if (isOwn(decision)) continue
    for (const { clusterName } of decision.status?.decisions ?? [])
      counts.set(clusterName, (counts.get(clusterName) ?? 0) + 1)
  }
  return counts
}

export type ClusterScores = ReadonlyMap<string, number>

export const nameOf = ({ metadata }: ManagedCluster): string => metadata.name ?? ''
