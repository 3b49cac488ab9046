import type { Job, JobCondition, JobStatus, UncountedTerminatedPods } from '../../apis/batch/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { countsPerIndex } from './index-failures.ts'
import type { JobAssessment } from './job-assessment.ts'
import { withJobCondition } from './job-conditions.ts'
import { completionIndex, hasFailed, isIndexed } from './job-pods.ts'
import { podFailureVerdict } from './pod-failure-policy.ts'

/** So many uids make 20 kB of a status. */
const MOST_UNCOUNTED = 500

export interface TrackingStep {
  readonly status: JobStatus
  /** Pods whose finalizer is to be removed once the status has been written. */
  readonly release: readonly Pod[]
  /** There are more to be counted. */
  readonly isPartial: boolean
}

/** The uncounted pods that still have the finalizer; the others go into the counters. */
export function countReleased(status: JobStatus, isHeld: (uid: string) => boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const [heldSucceeded, heldFailed] = [succeeded.filter(isHeld), failed.filter(isHeld)]
  const counters = {
    succeeded: (status.succeeded ?? 0) + succeeded.length - heldSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - heldFailed.length,
  }
  return withCounters(status, counters, { succeeded: heldSucceeded, failed: heldFailed })
}

/**
 * What is to be written of the pods that have the finalizer, so that each is counted once whatever fails: first its uid, then its finalizer
 * goes, and then it is counted (kubernetes, pkg/controller/job, trackJobStatusAndRemoveFinalizers).
 */
export function trackPods(
  job: Job,
  held: readonly Pod[],
  { end, succeededIndexes, failedIndexes, replaceable }: JobAssessment,
): TrackingStep {
  const uids = new Set(held.map(({ metadata }) => metadata.uid))
  const counted = countReleased(job.status ?? {}, (uid) => uids.has(uid))
  const { succeeded = [], failed = [] } = counted.uncountedTerminatedPods ?? {}
  const uncounted = { succeeded: new Set(succeeded), failed: new Set(failed) }
  const awaited = new Set(replaceable.values())
  const release: Pod[] = []
  let isPartial = false
  for (const pod of held) {
    const isSuccess = pod.status?.phase === 'Succeeded'
    const isFailure = hasFailed(pod, job)
    const isOver = job.metadata.deletionTimestamp !== undefined || end !== undefined || isSuccess
    if (!isOver && (!isFailure || awaited.has(pod))) continue
    const kind = kindOf(
      pod,
      job,
      isSuccess,
      isFailure || (end !== undefined && end.type !== 'SuccessCriteriaMet'),
    )
    const uid = pod.metadata.uid ?? ''
    if (kind && !uncounted.failed.has(uid)) uncounted[kind].add(uid)
    release.push(pod)
    if (uncounted.succeeded.size + uncounted.failed.size < MOST_UNCOUNTED) continue
    isPartial = true
    break
  }
  const counters = {
    succeeded: isIndexed(job) ? succeededIndexes.size : (counted.succeeded ?? 0),
    failed: counted.failed ?? 0,
  }
  const status = withCounters(counted, counters, {
    succeeded: [...uncounted.succeeded],
    failed: [...uncounted.failed],
  })
  const completedIndexes = succeededIndexes.toString()
  return {
    status: {
      ...status,
      ...(completedIndexes !== '' && { completedIndexes }),
      ...(countsPerIndex(job) && { failedIndexes: failedIndexes.toString() }),
      ...(end && end.type !== 'Failed' && { conditions: withEnd(status, end) }),
    },
    release,
    isPartial,
  }
}

/** As what a pod is counted. Where there are indexes, those that have succeeded are counted instead. */
function kindOf(
  pod: Pod,
  job: Job,
  isSuccess: boolean,
  isFailure: boolean,
): 'succeeded' | 'failed' | undefined {
  if (isSuccess) return isIndexed(job) ? undefined : 'succeeded'
  if (!isFailure || (isIndexed(job) && completionIndex(pod, job) === undefined)) return undefined
  return podFailureVerdict(job.spec.podFailurePolicy, pod).counts ? 'failed' : undefined
}

function withEnd({ conditions }: JobStatus, end: JobCondition): readonly JobCondition[] {
  const isSaid = conditions?.some(({ type, status }) => type === end.type && status === 'True')
  return isSaid ? (conditions ?? []) : withJobCondition(conditions, end)
}

function withCounters(
  { succeeded: _, failed: __, ...status }: JobStatus,
  counters: { readonly succeeded: number; readonly failed: number },
  uncounted: Required<UncountedTerminatedPods>,
): JobStatus {
  return {
    ...status,
    ...(counters.succeeded > 0 && { succeeded: counters.succeeded }),
    ...(counters.failed > 0 && { failed: counters.failed }),
    uncountedTerminatedPods: {
      ...(uncounted.succeeded.length > 0 && { succeeded: uncounted.succeeded }),
      ...(uncounted.failed.length > 0 && { failed: uncounted.failed }),
    },
  }
}
