import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Job, JobStatus } from '../../../src/apis/batch/v1.ts'
import type { Pod } from '../../../src/apis/core/v1.ts'
import { assessJob } from '../../../src/kube-controllers/jobs/job-assessment.ts'
import { isTracked } from '../../../src/kube-controllers/jobs/job-pods.ts'
import { countReleased, trackPods } from '../../../src/kube-controllers/jobs/job-tracking.ts'
import { NOW } from '../pods/pods.ts'
import { job, jobPod } from './jobs.ts'

/** What the API has of a Job, between the steps of a controller that may fail at any of its requests. */
class Api {
  job: Job
  pods: readonly Pod[]

  constructor(subject: Job, pods: readonly Pod[]) {
    this.job = subject
    this.pods = pods
  }

  /** As the controller does it; `succeeds` says of each request in turn whether it does. */
  track(succeeds: () => boolean): void {
    const assessment = assessJob(this.job, this.pods, { isReleased: () => false, nowMs: NOW })
    const held = this.pods.filter(isTracked)
    const { status, release } = trackPods(this.job, held, assessment)
    if (!succeeds()) return
    this.#write(status)
    const released = new Set(release.filter(succeeds))
    this.pods = this.pods.map((pod) => (released.has(pod) ? withoutFinalizers(pod) : pod))
    const left = new Set(this.pods.filter(isTracked).map(({ metadata }) => metadata.uid))
    if (succeeds()) this.#write(countReleased(status, (uid) => left.has(uid)))
  }

  #write(status: JobStatus): void {
    this.job = { ...this.job, status }
  }
}

function withoutFinalizers(pod: Pod): Pod {
  const { finalizers: _, ...metadata } = pod.metadata
  return { ...pod, metadata }
}

describe('each pod that has ended', () => {
  const phases = fc.array(fc.constantFrom('Succeeded' as const, 'Failed' as const, 'Running' as const), {
    maxLength: 12,
  })
  const luck = fc.array(fc.boolean(), { maxLength: 60 })

  it.each(['NonIndexed', 'Indexed'] as const)('is counted once, whatever fails (%s)', (completionMode) => {
    fc.assert(
      fc.property(phases, luck, (ends, outcomes) => {
        const pods = ends.map((phase, index) => jobPod(`pod-${index}`, phase, { index }))
        const subject = job({ completionMode, completions: 20, parallelism: 20, backoffLimit: 100 })
        const api = new Api(subject, pods)
        const results = outcomes.values()
        const count = (phase: string) => ends.filter((each) => each === phase).length
        for (let round = 0; round < 70; round += 1) {
          api.track(() => results.next().value ?? true)
          expect(api.job.status?.succeeded ?? 0).toBeLessThanOrEqual(count('Succeeded'))
          expect(api.job.status?.failed ?? 0).toBeLessThanOrEqual(count('Failed'))
        }
        expect(api.job.status?.succeeded ?? 0).toBe(count('Succeeded'))
        expect(api.job.status?.failed ?? 0).toBe(count('Failed'))
        expect(api.job.status?.uncountedTerminatedPods).toEqual({})
        expect(api.pods.filter(isTracked)).toHaveLength(count('Running'))
      }),
    )
  })

  it('is counted in parts where there are very many', () => {
    const pods = Array.from({ length: 1200 }, (_, index) => jobPod(`pod-${index}`, 'Succeeded'))
    const subject = job({ completions: 1200 })
    const assessment = assessJob(subject, pods, { isReleased: () => false, nowMs: NOW })
    const { status, release, isPartial } = trackPods(subject, pods, assessment)
    expect([status.uncountedTerminatedPods?.succeeded?.length, release.length, isPartial]).toEqual([
      500,
      500,
      true,
    ])
    const api = new Api(subject, pods)
    for (let round = 0; round < 3; round += 1) api.track(() => true)
    expect(api.job.status?.succeeded).toBe(1200)
  })
})
