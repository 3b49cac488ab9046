import { isDeepStrictEqual } from 'node:util'
import type { Job, JobCondition, JobStatus } from '../../apis/batch/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import {
  type EventRecorder,
  isNotFound,
  keyOf,
  type ReconcileResult,
  type ResourceClient,
  timeText,
} from '../../kube/index.ts'
import type { Expectations } from '../pods/expectations.ts'
import { isNamespaceTerminating, type PodControl } from '../pods/pod-control.ts'
import { isReady } from '../pods/pod-state.ts'
import { slowStart } from '../pods/slow-start.ts'
import { countsPerIndex, failureAnnotations } from './index-failures.ts'
import { assessJob, deadlineInMs, type JobAssessment } from './job-assessment.ts'
import { jobCondition, withJobCondition } from './job-conditions.ts'
import { isTracked, jobPodTemplate } from './job-pods.ts'
import { countReleased, trackPods } from './job-tracking.ts'
import { type FailureRecord, NO_FAILURES, withEnded } from './pod-backoff.ts'
import { planPods } from './pod-plan.ts'
import type { PodReleases } from './pod-releases.ts'

export interface JobSyncComponents {
  readonly jobs: ResourceClient<Job>
  readonly podControl: PodControl
  readonly expectations: Expectations
  readonly releases: PodReleases
  /** By the uid of the Job. */
  readonly failures: Map<string, FailureRecord>
  readonly events: EventRecorder
  readonly now: () => number
  readonly signal: AbortSignal
}

export interface JobView {
  /** As the API has it now. */
  readonly job: Job
  /** Those that it controls. */
  readonly pods: readonly Pod[]
  /** The uids of pods whose finalizer was removed, though they still show it. */
  readonly released: ReadonlySet<string>
  /** Whether all is seen that was done before. */
  readonly mayManage: boolean
}

/** Pods as they will be seen soon. */
interface Tally {
  active: number
  ready: number
  terminating: number
}

/**
 * One step of a Job: its pods are created or deleted, those that have ended are counted, and it is said how it stands. Lives
 * for one call.
 */
export class JobSync {
  readonly #components: JobSyncComponents
  readonly #pods: readonly Pod[]
  readonly #mayManage: boolean
  readonly #released: ReadonlySet<string>
  #job: Job

  constructor(components: JobSyncComponents, { job, pods, released, mayManage }: JobView) {
    this.#components = components
    this.#pods = pods
    this.#mayManage = mayManage
    this.#released = released
    this.#job = job
  }

  async step(): Promise<ReconcileResult | undefined> {
    const { now, failures } = this.#components
    const nowMs = now()
    const written = this.#job
    if (!written.spec.suspend) this.#show({ startTime: written.status?.startTime ?? timeText(nowMs) })
    const isReleased = ({ metadata }: Pod) => this.#released.has(metadata.uid ?? '')
    const assessment = assessJob(this.#job, this.#pods, { isReleased, nowMs })
    const { uid = '' } = this.#job.metadata
    const record = withEnded(failures.get(uid) ?? NO_FAILURES, assessment.newSucceeded, assessment.newFailed)
    const tally: Tally = {
      active: assessment.active.length,
      ready: assessment.ready,
      terminating: assessment.terminating,
    }
    const { end, failure, waitMs } = assessment.end
      ? await this.#endPods(assessment, assessment.end, tally)
      : await this.#goOn(assessment, record, tally)
    const { active, ready, terminating } = tally
    const { active: _, ...status } = this.#job.status ?? {}
    this.#job = { ...this.#job, status: { ...status, ...(active > 0 && { active }), ready, terminating } }
    await this.#track({ ...assessment, end }, written, () => failures.set(uid, record))
    if (failure !== undefined) throw failure
    const waits = [waitMs, end ? undefined : deadlineInMs(this.#job, now())].filter((ms) => ms !== undefined)
    return waits.length > 0 ? { requeueAfterMs: Math.max(Math.min(...waits), 1) } : undefined
  }

  /** It is over: pods that run yet are deleted, but not before they are counted. */
  async #endPods(
    { active }: JobAssessment,
    end: JobCondition,
    tally: Tally,
  ): Promise<{ end: JobCondition | undefined; failure: unknown; waitMs?: number }> {
    const failure = await this.#deletePods(active, tally)
    // There may be pods that are not seen yet, or cannot be deleted yet.
    return { end: tally.active === 0 && this.#mayManage ? end : undefined, failure }
  }

  async #goOn(
    assessment: JobAssessment,
    record: FailureRecord,
    tally: Tally,
  ): Promise<{ end: JobCondition | undefined; failure: unknown; waitMs?: number }> {
    const { spec, metadata } = this.#job
    const nowMs = this.#components.now()
    const isManaged = this.#mayManage && !metadata.deletionTimestamp
    const plan = isManaged ? planPods(this.#job, assessment, record, nowMs) : { create: [] }
    let failure: unknown
    if ('remove' in plan) failure = await this.#removePods(plan.remove, tally)
    else if ('create' in plan) failure = await this.#createPods(plan.create, assessment, tally)
    const wanted = spec.completions ?? 1
    if (assessment.succeeded >= wanted && tally.active === 0) {
      const message = 'Reached expected number of succeeded pods'
      return { end: jobCondition('SuccessCriteriaMet', 'CompletionsReached', message, nowMs), failure }
    }
    if (isManaged) this.#noteSuspension(nowMs)
    return { end: undefined, failure, ...('waitMs' in plan && { waitMs: plan.waitMs }) }
  }

  /** Its time ends with a suspension, and begins anew when it goes on. */
  #noteSuspension(nowMs: number): void {
    const suspended = this.#job.spec.suspend === true
    const condition = suspended
      ? jobCondition('Suspended', 'JobSuspended', 'Job suspended', nowMs)
      : jobCondition('Suspended', 'JobResumed', 'Job resumed', nowMs, 'False')
    const before = this.#job.status?.conditions ?? []
    const conditions = withJobCondition(before, condition)
    if (conditions === before) return
    const { startTime: _, ...status } = this.#job.status ?? {}
    this.#job = { ...this.#job, status: suspended ? status : { ...status, startTime: timeText(nowMs) } }
    this.#show({ conditions })
    const reason = suspended ? 'Suspended' : 'Resumed'
    this.#tell('Normal', reason, condition.message ?? '')
  }

  async #createPods(
    indexes: readonly (number | undefined)[],
    { replaceable }: JobAssessment,
    tally: Tally,
  ): Promise<unknown> {
    if (indexes.length === 0) return undefined
    const { podControl, expectations, signal } = this.#components
    const job = this.#job
    const key = keyOf(job)
    expectations.expect(key, { creations: indexes.length })
    const { successes, error } = await slowStart(indexes.length, async (position) => {
      const index = indexes[position]
      const annotations =
        index !== undefined && countsPerIndex(job) ? failureAnnotations(job, replaceable.get(index)) : {}
      const { template, ...options } = jobPodTemplate(job, index, annotations)
      await podControl.create(template, job, { signal, ...options }).catch((reason) => {
        if (!isNamespaceTerminating(reason)) throw reason
      })
    })
    for (let missing = indexes.length - successes; missing > 0; missing -= 1) expectations.creationSeen(key)
    tally.active += successes
    return error
  }

  /** Pods that are too many: whether they have failed is of no interest. */
  async #removePods(pods: readonly Pod[], tally: Tally): Promise<unknown> {
    if (pods.length === 0) return undefined
    const { expectations, releases, signal } = this.#components
    const key = keyOf(this.#job)
    expectations.expect(key, { deletions: pods.map(keyOf) })
    return this.#deletePods(pods, tally, {
      before: (pod) => releases.release(pod, signal),
      onFailure: (pod) => expectations.deletionSeen(key, keyOf(pod)),
    })
  }

  async #deletePods(
    pods: readonly Pod[],
    tally: Tally,
    options: { before?: (pod: Pod) => Promise<void>; onFailure?: (pod: Pod) => void } = {},
  ): Promise<unknown> {
    const { podControl, signal } = this.#components
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        try {
          await options.before?.(pod)
          await podControl.delete(pod, this.#job, signal)
        } catch (error) {
          options.onFailure?.(pod)
          if (!isNotFound(error)) throw error
        }
        tally.active -= 1
        tally.terminating += 1
        if (isReady(pod)) tally.ready -= 1
      }),
    )
    return results.find((result) => result.status === 'rejected')?.reason
  }

  async #track(assessment: JobAssessment, written: Job, onCounted: () => void): Promise<void> {
    const { releases, signal } = this.#components
    const held = this.#pods.filter((pod) => isTracked(pod) && !this.#released.has(uidOf(pod)))
    const { status, release, isPartial } = trackPods(this.#job, held, assessment)
    this.#job = { ...this.#job, status }
    const counted = await this.#write(written)
    onCounted()
    const { released, failure } = await releases.releaseAll(release, signal)
    const uids = new Set(held.map(uidOf).filter((uid) => !released.has(uid)))
    this.#job = { ...this.#job, status: countReleased(this.#job.status ?? {}, (uid) => uids.has(uid)) }
    const final = failure === undefined && !isPartial ? this.#finish(assessment.end) : undefined
    await this.#write(counted)
    if (final) this.#tellOfEnd(final)
    if (failure !== undefined) throw failure
  }

  /** Says that it is over once no pod is left to count, or to wait for. */
  #finish(end: JobCondition | undefined): JobCondition | undefined {
    const { status = {} } = this.#job
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
    if (!end || succeeded.length + failed.length > 0 || (status.terminating ?? 0) > 0) return undefined
    const type = end.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed'
    const final = jobCondition(type, end.reason ?? '', end.message ?? '', this.#components.now())
    const { lastTransitionTime = '' } = final
    // A pod can have succeeded behind a suspension; only where none was wanted may it end without a beginning.
    const { startTime = this.#job.spec.completions === 0 ? undefined : lastTransitionTime } = status
    this.#show({
      conditions: withJobCondition(status.conditions, final),
      ...(startTime !== undefined && { startTime }),
      ...(type === 'Complete' && { completionTime: lastTransitionTime }),
    })
    return final
  }

  #tellOfEnd({ type, reason = '', message = '' }: JobCondition): void {
    if (type === 'Failed') {
      this.#tell('Warning', reason, message)
      return
    }
    const { completions } = this.#job.spec
    if (completions !== undefined && (this.#job.status?.succeeded ?? 0) > completions) {
      const note = 'Too many succeeded pods running after completion count reached'
      this.#tell('Warning', 'TooManySucceededPods', note)
    }
    this.#tell('Normal', 'Completed', 'Job completed')
  }

  #show(change: JobStatus): void {
    this.#job = { ...this.#job, status: { ...this.#job.status, ...change } }
  }

  /** Where it differs from what was written before. Resolves with the Job as it is written now. */
  async #write(before: Job): Promise<Job> {
    if (isDeepStrictEqual(this.#job.status ?? {}, before.status ?? {})) return before
    const { jobs, signal } = this.#components
    this.#job = await jobs.updateStatus(this.#job, { signal })
    return this.#job
  }

  #tell(type: 'Normal' | 'Warning', reason: string, note: string): void {
    this.#components.events.record({ regarding: this.#job, type, reason, action: 'Sync', note })
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? ''
}
