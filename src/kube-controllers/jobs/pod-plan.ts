import type { Job } from '../../apis/batch/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { inOrderOfDeletion } from '../pods/deletion-ranking.ts'
import { countsPerIndex, indexRemainingMs } from './index-failures.ts'
import { firstPending, Indexes } from './indexes.ts'
import type { JobAssessment } from './job-assessment.ts'
import { completionIndex, isIndexed, replacesOnlyFailed } from './job-pods.ts'
import { type FailureRecord, remainingMs } from './pod-backoff.ts'

/** Pods that are created or deleted before their events are waited for. */
const MOST_AT_ONCE = 500

/** What is to be done about the pods of a Job that has not come to its end: one of the three. */
export type PodPlan =
  | { readonly remove: readonly Pod[] }
  /** The indexes of new pods; undefined for each where there are none. */
  | { readonly create: readonly (number | undefined)[] }
  /** Pods failed lately. */
  | { readonly waitMs: number }

const NOTHING: PodPlan = { create: [] }

export function planPods(
  job: Job,
  assessment: JobAssessment,
  failures: FailureRecord,
  nowMs: number,
): PodPlan {
  const { active } = assessment
  const wanted = wantedActive(job, assessment)
  const remove = toRemove(job, active, Math.max(active.length - wanted, 0), nowMs)
  if (job.spec.suspend || remove.length > 0)
    return { remove: job.spec.suspend ? remove : remove.slice(0, MOST_AT_ONCE) }
  const terminating = replacesOnlyFailed(job) ? assessment.terminating : 0
  const missing = Math.min(wanted - terminating - active.length, MOST_AT_ONCE)
  if (missing <= 0) return NOTHING
  const waitMs = countsPerIndex(job) ? 0 : remainingMs(failures, nowMs)
  if (waitMs > 0) return { waitMs }
  return isIndexed(job)
    ? planIndexes(job, assessment, missing, nowMs)
    : { create: Array.from({ length: missing }, () => undefined) }
}

function wantedActive({ spec }: Job, { active, succeeded }: JobAssessment): number {
  const { suspend, parallelism = 1, completions } = spec
  if (suspend) return 0
  // Without a number, one success is enough: those that run yet may go on.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(Math.min(completions - succeeded, parallelism), 0)
}

function planIndexes(job: Job, assessment: JobAssessment, missing: number, nowMs: number): PodPlan {
  const { active, succeededIndexes, failedIndexes, replaceable } = assessment
  const running = Indexes.NONE.with(active.flatMap((pod) => completionIndex(pod, job) ?? []))
  const pending = firstPending(missing, job.spec.completions ?? 0, running, succeededIndexes, failedIndexes)
  if (!countsPerIndex(job)) return { create: pending }
  const waits = pending.map((index) => ({ index, waitMs: indexRemainingMs(replaceable.get(index), nowMs) }))
  const due = waits.filter(({ waitMs }) => waitMs === 0).map(({ index }) => index)
  if (due.length > 0 || waits.length === 0) return { create: due }
  return { waitMs: Math.min(...waits.map(({ waitMs }) => waitMs)) }
}

/** Those without an index, or with one that another has, always go; then others, until it is enough. */
function toRemove(job: Job, active: readonly Pod[], atLeast: number, nowMs: number): Pod[] {
  const useless = new Set<Pod>()
  if (isIndexed(job)) {
    const seen = new Set<number>()
    for (const pod of inOrderOfDeletion(active, { nowMs }).reverse()) {
      const index = completionIndex(pod, job)
      if (index === undefined || seen.has(index)) useless.add(pod)
      else seen.add(index)
    }
  }
  const others = inOrderOfDeletion(
    active.filter((pod) => !useless.has(pod)),
    { nowMs },
  )
  return [...useless, ...others.slice(0, Math.max(atLeast - useless.size, 0))]
}
