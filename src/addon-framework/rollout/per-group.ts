import { type ClusterRollout, type PacedRollout, paced, type RolloutPace } from './cluster-rollout.ts'
import type { DecisionGroup } from './decision-groups.ts'
import { RolloutDraft, type RolloutResult } from './rollout-result.ts'
import { rolloutSize, type Threshold } from './rollout-size.ts'

/** One group of clusters after the other, each as a whole (sdk-go's progressivePerGroup). */
export function rolloutPerGroup(
  groups: readonly DecisionGroup[],
  existing: readonly ClusterRollout[],
  maxFailures: Threshold,
  pace: RolloutPace,
): RolloutResult {
  const draft = new RolloutDraft(pace.nowMs)
  const states = new Map<string, PacedRollout['state']>()
  for (const rollout of existing) {
    if (rollout.state === 'to apply') continue // its group's turn may not have come
    const current = paced(rollout, pace)
    draft.take(current)
    states.set(current.cluster, current.state)
  }
  let failures = 0
  for (const { clusters } of groups) {
    let failuresOfGroup = 0
    for (const cluster of [...clusters].sort()) {
      const state = states.get(cluster)
      if (!state) draft.begin(cluster)
      else if (state === 'failed' || state === 'timed out') failuresOfGroup += 1
    }
    failures += failuresOfGroup
    const isBreached = failuresOfGroup > rolloutSize(maxFailures, clusters.size, 0)
    if (isBreached || draft.size - failures > 0) break
  }
  return draft.result()
}
