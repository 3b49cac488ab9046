import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import { active, allOf, olderFirst, type Revisions, sumOf, sumOfReplicas } from './replica-set-lists.ts'
import { isRollingUpdate, replicasOf, rolloutBounds } from './rollout-bounds.ts'

/** A ReplicaSet, and how many pods it is to want. */
export interface Resizing {
  readonly set: ReplicaSet
  readonly size: number
}

/** What the current ReplicaSet may want now: all that are wanted, as far as the surge allows (NewRSNewReplicas). */
export function currentSize(
  deployment: Deployment,
  current: Pick<ReplicaSet, 'spec'>,
  sets: readonly ReplicaSet[],
): number {
  const { replicas, maxSurge } = rolloutBounds(deployment)
  const size = replicasOf(current)
  if (size >= replicas || !isRollingUpdate(deployment)) return replicas
  const room = replicas + maxSurge - sumOfReplicas(sets)
  return room > 0 ? size + Math.min(room, replicas - size) : size
}

/**
 * What old ReplicaSets are to want, as far as pods can be done without: first those go that are not available anyway, so that
 * they are not in the way of the rollout, and then others while enough are available (reconcileOldReplicaSets).
 */
export function oldSizes(deployment: Deployment, revisions: Revisions): Resizing[] {
  const { current } = revisions
  const { replicas, maxUnavailable } = rolloutBounds(deployment)
  const minAvailable = replicas - maxUnavailable
  const currentUnavailable = current ? replicasOf(current) - availableOf(current) : 0
  const spare = sumOfReplicas(allOf(revisions)) - minAvailable - currentUnavailable
  if (spare <= 0) return []
  const old = active(revisions.old).sort(olderFirst)
  const healthy = shrunk(old, spare, (set, size) => size - Math.min(availableOf(set), size))
  const sizeOf = (set: ReplicaSet) => healthy.get(set) ?? replicasOf(set)
  const surplus = sumOf(allOf(revisions), 'availableReplicas') - minAvailable
  const sizes = new Map([...healthy, ...shrunk(old, surplus, (_, size) => size, sizeOf)])
  return [...sizes].map(([set, size]) => ({ set, size }))
}

/** Takes away from one after the other what can be taken from it, until so many are taken. Only those that change. */
function shrunk(
  sets: readonly ReplicaSet[],
  most: number,
  takeable: (set: ReplicaSet, size: number) => number,
  sizeOf: (set: ReplicaSet) => number = replicasOf,
): Map<ReplicaSet, number> {
  const sizes = new Map<ReplicaSet, number>()
  let left = most
  for (const set of sets) {
    const size = sizeOf(set)
    const taken = Math.min(left, takeable(set, size))
    if (taken <= 0) continue
    left -= taken
    sizes.set(set, size - taken)
  }
  return sizes
}

function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0
}
