import type { Pod, PodCondition } from '../../apis/core/v1.ts'

const SECOND_MS = 1000

export function readyCondition({ status }: Pod): PodCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/**
 * In how many ms the pod will have been ready for so many seconds, if it stays so: 0 when it is available, Infinity when it
 * is not ready.
 */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number {
  const ready = readyCondition(pod)
  if (ready?.status !== 'True') return Number.POSITIVE_INFINITY
  if (minReadySeconds === 0) return 0
  const sinceMs = Date.parse(ready.lastTransitionTime ?? '')
  if (Number.isNaN(sinceMs)) return Number.POSITIVE_INFINITY
  return Math.max(sinceMs + minReadySeconds * SECOND_MS - nowMs, 0)
}

/** Its containers have ended, and none is started again. */
export function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

export function isBeingDeleted({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** It counts as one of those that are wanted. */
export function isActive(pod: Pod): boolean {
  return !hasEnded(pod) && !isBeingDeleted(pod)
}

/** It was deleted, and has not ended yet. */
export function isTerminating(pod: Pod): boolean {
  return !hasEnded(pod) && isBeingDeleted(pod)
}

export function restartsOf({ status }: Pod): number {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0)
}
