import type { Job, JobCondition } from '../../apis/batch/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { isActive, isReady, isTerminating, restartsOf } from '../pods/pod-state.ts'
import { awaitingReplacement, countsPerIndex, failsItsIndex } from './index-failures.ts'
import { Indexes } from './indexes.ts'
import { jobCondition, trueCondition } from './job-conditions.ts'
import { completionIndex, hasFailed, isIndexed, isTracked } from './job-pods.ts'
import { podFailureVerdict } from './pod-failure-policy.ts'
import { successMessage } from './success-policy.ts'

const SECOND_MS = 1000
const DEFAULT_BACKOFF_LIMIT = 6

/** How a Job stands. Its counts include those pods that are not counted in its status yet. */
export interface JobAssessment {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  readonly newSucceeded: readonly Pod[]
  readonly newFailed: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  /** Of an indexed Job. */
  readonly succeededIndexes: Indexes
  readonly failedIndexes: Indexes
  /** Failed pods that wait for those that replace them, by their index. */
  readonly replaceable: ReadonlyMap<number, Pod>
  /** Why it is to end: that it has succeeded, or is to fail, or (`Failed`) that this was said before. */
  readonly end: JobCondition | undefined
}

export interface AssessmentOptions {
  /** Whether the pod's finalizer was removed, though the pod as it was seen still has it. */
  readonly isReleased: (pod: Pod) => boolean
  readonly nowMs: number
}

export function assessJob(job: Job, pods: readonly Pod[], options: AssessmentOptions): JobAssessment {
  const { spec, status = {} } = job
  const { succeeded: uncountedSucceeded = [], failed: uncountedFailed = [] } =
    status.uncountedTerminatedPods ?? {}
  const indexed = isIndexed(job)
  const mayCount = (pod: Pod, uncounted: readonly string[]) =>
    isTracked(pod) &&
    !uncounted.includes(pod.metadata.uid ?? '') &&
    !options.isReleased(pod) &&
    (!indexed || completionIndex(pod, job) !== undefined)
  const active = pods.filter(isActive)
  const newSucceeded = pods.filter(
    (pod) => pod.status?.phase === 'Succeeded' && mayCount(pod, uncountedSucceeded),
  )
  const newFailed = pods.filter((pod) => hasFailed(pod, job) && mayCount(pod, uncountedFailed))
  const counting = newFailed.filter((pod) => podFailureVerdict(spec.podFailurePolicy, pod).counts)
  const indexes = indexed
    ? indexesOf(job, pods)
    : { succeededIndexes: Indexes.NONE, failedIndexes: Indexes.NONE }
  const counts = {
    ...indexes,
    succeeded: indexed
      ? indexes.succeededIndexes.size
      : (status.succeeded ?? 0) + newSucceeded.length + uncountedSucceeded.length,
    failed: (status.failed ?? 0) + counting.length + uncountedFailed.length,
  }
  return {
    ...counts,
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating).length,
    newSucceeded,
    newFailed,
    replaceable: countsPerIndex(job)
      ? awaitingReplacement(job, pods, indexes.succeededIndexes, indexes.failedIndexes)
      : new Map(),
    end: endOf(job, pods, counts, options.nowMs),
  }
}

type Counts = Pick<JobAssessment, 'failed' | 'succeededIndexes' | 'failedIndexes'>

function indexesOf(job: Job, pods: readonly Pod[]): Pick<Counts, 'succeededIndexes' | 'failedIndexes'> {
  const { completions = 0 } = job.spec
  const indexesFor = (holds: (pod: Pod) => boolean) =>
    pods.filter((pod) => isTracked(pod) && holds(pod)).flatMap((pod) => completionIndex(pod, job) ?? [])
  const succeeded = indexesFor((pod) => pod.status?.phase === 'Succeeded')
  const failed = countsPerIndex(job) ? indexesFor((pod) => failsItsIndex(pod, job)) : []
  const succeededIndexes = Indexes.parse(job.status?.completedIndexes, completions).with(succeeded)
  return {
    succeededIndexes,
    failedIndexes: Indexes.parse(job.status?.failedIndexes, completions).with(
      failed.filter((index) => !succeededIndexes.has(index)),
    ),
  }
}

/** In the order in which the original looks for it: what was decided once stays so. */
function endOf(job: Job, pods: readonly Pod[], counts: Counts, nowMs: number): JobCondition | undefined {
  const met = trueCondition(job, 'SuccessCriteriaMet')
  if (met) return met
  const target = trueCondition(job, 'FailureTarget')
  if (target) return jobCondition('Failed', target.reason ?? '', target.message ?? '', nowMs)
  const failure = failureOf(job, pods, counts, nowMs)
  if (failure) return jobCondition('FailureTarget', failure.reason, failure.message, nowMs)
  const success = isIndexed(job) ? successMessage(job.spec, counts.succeededIndexes) : undefined
  return success === undefined
    ? undefined
    : jobCondition('SuccessCriteriaMet', 'SuccessPolicy', success, nowMs)
}

function failureOf(
  job: Job,
  pods: readonly Pod[],
  { failed, succeededIndexes, failedIndexes }: Counts,
  nowMs: number,
): { readonly reason: string; readonly message: string } | undefined {
  const {
    podFailurePolicy,
    backoffLimit = DEFAULT_BACKOFF_LIMIT,
    maxFailedIndexes,
    completions = 0,
  } = job.spec
  for (const pod of podFailurePolicy ? pods : []) {
    const message = hasFailed(pod, job) ? podFailureVerdict(podFailurePolicy, pod).jobFailure : undefined
    if (message !== undefined) return { reason: 'PodFailurePolicy', message }
  }
  if (failed > backoffLimit || restartsTooOften(job, pods, backoffLimit))
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  if (deadlineInMs(job, nowMs) === 0)
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes)
    return {
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    }
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions)
    return { reason: 'FailedIndexes', message: 'Job has failed indexes' }
  return undefined
}

/** Containers that are started again where they are do not make their pods fail: their restarts count instead. */
function restartsTooOften({ spec }: Job, pods: readonly Pod[], limit: number): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .reduce((sum, pod) => sum + restartsOf(pod), 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

/** In how many ms the Job will have been active for too long: 0 when it has, undefined where it may go on for ever. */
export function deadlineInMs({ spec, status }: Job, nowMs: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = spec
  if (activeDeadlineSeconds === undefined || suspend || status?.startTime === undefined) return undefined
  return Math.max(Date.parse(status.startTime) + activeDeadlineSeconds * SECOND_MS - nowMs, 0)
}
