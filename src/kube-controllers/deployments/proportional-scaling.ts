import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import {
  active,
  activeOrLatest,
  allOf,
  olderFirst,
  type Revisions,
  sumOfReplicas,
} from './replica-set-lists.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS, numberIn } from './revisions.ts'
import type { Resizing } from './rolling-update.ts'
import { isRollingUpdate, replicasOf, rolloutBounds } from './rollout-bounds.ts'

/** Whether the Deployment wants another number of pods than when its ReplicaSets were sized. */
export function wasScaled(deployment: Deployment, revisions: Revisions): boolean {
  return active(allOf(revisions)).some((set) => {
    const desired = numberIn(set, DESIRED_REPLICAS)
    return desired !== undefined && desired !== replicasOf(deployment)
  })
}

/**
 * The sizes of ReplicaSets after the Deployment was scaled. In the middle of a rollout all that want pods get their part of
 * the difference, so that one that does not work does not get them all (kubernetes, pkg/controller/deployment, scale).
 */
export function sizesAfterScaling(deployment: Deployment, revisions: Revisions): Resizing[] {
  const replicas = replicasOf(deployment)
  const only = activeOrLatest(revisions)
  if (only) return replicasOf(only) === replicas ? [] : [{ set: only, size: replicas }]
  if (isSaturated(deployment, revisions.current))
    return active(revisions.old).map((set) => ({ set, size: 0 }))
  return isRollingUpdate(deployment) ? proportionalSizes(deployment, active(allOf(revisions))) : []
}

/** The rollout is complete, though old ReplicaSets want pods yet. */
function isSaturated(deployment: Deployment, current: ReplicaSet | undefined): boolean {
  const replicas = replicasOf(deployment)
  return (
    current !== undefined &&
    replicasOf(current) === replicas &&
    numberIn(current, DESIRED_REPLICAS) === replicas &&
    (current.status?.availableReplicas ?? 0) === replicas
  )
}

function proportionalSizes(deployment: Deployment, sets: readonly ReplicaSet[]): Resizing[] {
  const { replicas, maxSurge } = rolloutBounds(deployment)
  const allowed = replicas > 0 ? replicas + maxSurge : 0
  const toAdd = allowed - sumOfReplicas(sets)
  const sorted = sets.toSorted(
    (one, other) =>
      replicasOf(other) - replicasOf(one) || (toAdd > 0 ? olderFirst(other, one) : olderFirst(one, other)),
  )
  let left = toAdd
  const sizes = sorted.map((set) => {
    const share = shareOf(set, deployment, allowed)
    const part = toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
    const added = left === 0 ? 0 : part
    left -= added
    return { set, size: replicasOf(set) + added }
  })
  // What rounding has left over goes to the largest.
  return sizes.map(({ set, size }, index) => ({ set, size: index === 0 ? Math.max(size + left, 0) : size }))
}

/** By how much a ReplicaSet grows, if it is to keep its part of all pods. */
function shareOf(set: ReplicaSet, deployment: Deployment, allowed: number): number {
  const size = replicasOf(set)
  if (replicasOf(deployment) === 0) return -size
  // Someone may have removed the annotation: then what there are is the best guess.
  const before = numberIn(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0)
  return before === 0 ? 0 : Math.round((size * allowed) / before) - size
}
