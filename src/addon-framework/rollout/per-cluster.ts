import { type ClusterRollout, paced, type RolloutPace } from './cluster-rollout.ts'
import { clustersOf, type DecisionGroup } from './decision-groups.ts'
import { RolloutDraft, type RolloutResult } from './rollout-result.ts'

export interface PerClusterLimits {
  /** At most so many clusters are under way at once. */
  readonly size: number
  /** With more failures than these, no other cluster is begun. */
  readonly maxFailures: number
}

/** So many clusters at a time, by their names; those that have begun first (sdk-go's progressivePerCluster). */
export function rolloutPerCluster(
  groups: readonly DecisionGroup[],
  existing: readonly ClusterRollout[],
  { size, maxFailures }: PerClusterLimits,
  pace: RolloutPace,
): RolloutResult {
  const draft = new RolloutDraft(pace.nowMs)
  let failures = 0
  for (const rollout of existing.toSorted(byCluster)) {
    const current = paced(rollout, pace)
    if (failures <= maxFailures || rollout.state !== 'to apply') {
      draft.take(current)
      if (current.state === 'timed out' || current.state === 'failed') failures += 1
    }
    if (draft.size >= size) return draft.result()
  }
  if (failures > maxFailures) return draft.result()
  const known = new Set(existing.map(({ cluster }) => cluster))
  for (const cluster of [...clustersOf(groups)].sort()) {
    if (draft.size >= size) break
    if (!known.has(cluster)) draft.begin(cluster)
  }
  return draft.result()
}

function byCluster(one: ClusterRollout, other: ClusterRollout): number {
  return one.cluster < other.cluster ? -1 : 1
}
