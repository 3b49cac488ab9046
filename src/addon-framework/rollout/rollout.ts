import type { RolloutStrategy } from '../../apis/cluster/crds/rollout-strategy.ts'
import { parseDuration } from '../../common/duration.ts'
import type { ClusterRollout, RolloutPace } from './cluster-rollout.ts'
import { clustersOf, type DecisionGroup, partitionGroups } from './decision-groups.ts'
import { rolloutPerCluster } from './per-cluster.ts'
import { rolloutPerGroup } from './per-group.ts'
import type { RolloutResult } from './rollout-result.ts'
import { rolloutSize } from './rollout-size.ts'

/**
 * Which clusters a change goes to now (sdk-go's RolloutHandler).
 *
 * @param groups all clusters that a Placement has chosen
 * @param existing how far those are that are known; others have not begun
 *
 * Throws an InvalidThresholdError, or an Error for a time that is none.
 */
export function rollOut(
  strategy: RolloutStrategy,
  groups: readonly DecisionGroup[],
  existing: readonly ClusterRollout[],
  nowMs: number,
): RolloutResult {
  const all = clustersOf(groups).size
  const { type = 'All' } = strategy
  switch (type) {
    case 'All': {
      const pace = { minSuccessMs: 0, deadlineMs: deadlineOf(strategy.all?.progressDeadline), nowMs }
      return rolloutPerCluster(groups, existing, { size: all, maxFailures: all }, pace)
    }
    case 'Progressive': {
      const { mandatoryDecisionGroups, maxConcurrency, maxFailures } = strategy.progressive ?? {}
      const pace = paceOf(strategy.progressive, nowMs)
      const limit = rolloutSize(maxFailures, all, 0)
      const { mandatory, others } = partitionGroups(groups, mandatoryDecisionGroups)
      const first = mandatoryRollout(mandatory, existing, pace)
      if (first) return first
      const rest = clustersOf(others).size
      const size = rolloutSize(maxConcurrency, rest, rest)
      return rolloutPerCluster(others, existing, { size, maxFailures: limit }, pace)
    }
    case 'ProgressivePerGroup': {
      const { mandatoryDecisionGroups, maxFailures } = strategy.progressivePerGroup ?? {}
      const pace = paceOf(strategy.progressivePerGroup, nowMs)
      const { mandatory, others } = partitionGroups(groups, mandatoryDecisionGroups)
      return (
        mandatoryRollout(mandatory, existing, pace) ?? rolloutPerGroup(others, existing, maxFailures, pace)
      )
    }
  }
}

/** Undefined once the groups that come first are through. They must not fail. */
function mandatoryRollout(
  groups: readonly DecisionGroup[],
  existing: readonly ClusterRollout[],
  pace: RolloutPace,
): RolloutResult | undefined {
  if (groups.length === 0) return undefined
  const result = rolloutPerGroup(groups, existing, 0, pace)
  return result.underWay.size > 0 || result.timedOut.size > 0 ? result : undefined
}

function paceOf(
  options: { readonly minSuccessTime?: string; readonly progressDeadline?: string } | undefined,
  nowMs: number,
): RolloutPace {
  return {
    minSuccessMs: parseDuration(options?.minSuccessTime || '0'),
    deadlineMs: deadlineOf(options?.progressDeadline),
    nowMs,
  }
}

function deadlineOf(text: string | undefined): number {
  return !text || text === 'None' ? Number.POSITIVE_INFINITY : parseDuration(text)
}
