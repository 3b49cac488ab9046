import type { Job } from '../../apis/batch/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { isActive } from '../pods/pod-state.ts'
import type { Indexes } from './indexes.ts'
import { completionIndex, finishedAtMs, hasFailed, isTracked } from './job-pods.ts'
import { remainingMs } from './pod-backoff.ts'
import { podFailureVerdict } from './pod-failure-policy.ts'

/** How a Job counts the failures of each index: in annotations that each pod inherits from the one that it replaces. */
const FAILURES = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count'

export function countsPerIndex({ spec }: Job): boolean {
  return spec.backoffLimitPerIndex !== undefined
}

/** Whether no other pod is to be tried for its index. */
export function failsItsIndex(pod: Pod, job: Job): boolean {
  if (!hasFailed(pod, job)) return false
  const { action, counts } = podFailureVerdict(job.spec.podFailurePolicy, pod)
  if (action === 'FailIndex') return true
  return counts && countIn(pod, FAILURES) >= (job.spec.backoffLimitPerIndex ?? 0)
}

/** The last failed pod of each index that is to be tried again: it must not go before there is one that inherits its counts. */
export function awaitingReplacement(
  job: Job,
  pods: readonly Pod[],
  ...settled: readonly Indexes[]
): ReadonlyMap<number, Pod> {
  const waiting = new Map<number, Pod>()
  const activeIndexes = new Set(pods.filter(isActive).map((pod) => completionIndex(pod, job)))
  for (const pod of pods) {
    const index = completionIndex(pod, job)
    if (index === undefined || !isTracked(pod) || !hasFailed(pod, job)) continue
    if (activeIndexes.has(index) || settled.some((indexes) => indexes.has(index))) continue
    const other = waiting.get(index)
    if (!other || isLater(pod, other)) waiting.set(index, pod)
  }
  return waiting
}

function isLater(pod: Pod, other: Pod): boolean {
  return allFailures(pod) - allFailures(other) > 0 || finishedAtMs(pod) > finishedAtMs(other)
}

function allFailures(pod: Pod): number {
  return countIn(pod, FAILURES) + countIn(pod, IGNORED_FAILURES)
}

/** The annotations of a new pod of an index. */
export function failureAnnotations({ spec }: Job, replaced: Pod | undefined): Record<string, string> {
  if (!replaced) return { [FAILURES]: '0' }
  const { counts } = podFailureVerdict(spec.podFailurePolicy, replaced)
  const failures = countIn(replaced, FAILURES) + (counts ? 1 : 0)
  const ignored = countIn(replaced, IGNORED_FAILURES) + (counts ? 0 : 1)
  return { [FAILURES]: String(failures), ...(ignored > 0 && { [IGNORED_FAILURES]: String(ignored) }) }
}

/** How long an index has to wait for its next pod. */
export function indexRemainingMs(replaced: Pod | undefined, nowMs: number): number {
  if (!replaced) return 0
  return remainingMs({ failures: allFailures(replaced) + 1, lastAtMs: finishedAtMs(replaced) }, nowMs)
}

function countIn({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? ''
  return /^\d{1,10}$/.test(text) ? Number(text) : 0
}
