import { describe, expect, it } from 'vitest'
import type { Job, JobSpec } from '../../../src/apis/batch/v1.ts'
import type { Pod } from '../../../src/apis/core/v1.ts'
import { assessJob } from '../../../src/kube-controllers/jobs/job-assessment.ts'
import { NO_FAILURES } from '../../../src/kube-controllers/jobs/pod-backoff.ts'
import { planPods } from '../../../src/kube-controllers/jobs/pod-plan.ts'
import { ago, NOW } from '../pods/pods.ts'
import { job, jobPod } from './jobs.ts'

const assess = (subject: Job, pods: readonly Pod[], released: readonly string[] = []) =>
  assessJob(subject, pods, {
    isReleased: ({ metadata }) => released.includes(metadata.name ?? ''),
    nowMs: NOW,
  })
const endOf = (subject: Job, ...pods: Pod[]) => {
  const { end } = assess(subject, pods)
  return end && `${end.type} ${end.reason}`
}
const failed = (name: string, options: Parameters<typeof jobPod>[2] = {}) =>
  jobPod(name, 'Failed', { exitCode: 1, ...options })
const FAILURES = 'batch.kubernetes.io/job-index-failure-count'

describe('a pod that has ended', () => {
  it('is counted once, however far its counting is', () => {
    const pods = [jobPod('new', 'Succeeded'), jobPod('written', 'Succeeded'), jobPod('released', 'Succeeded')]
    const subject = job({}, { succeeded: 1, uncountedTerminatedPods: { succeeded: ['uid-written'] } })
    const { succeeded, newSucceeded } = assess(subject, pods, ['released'])
    expect([succeeded, newSucceeded.map(({ metadata }) => metadata.name)]).toEqual([3, ['new']])
  })

  it('that was deleted is a failure, unless its end is to be waited for', () => {
    const running = jobPod('a', 'Running')
    const deleted = { ...running, metadata: { ...running.metadata, deletionTimestamp: ago(0) } }
    expect(assess(job(), [deleted]).failed).toBe(1)
    expect(assess(job({ podReplacementPolicy: 'Failed' }), [deleted])).toMatchObject({
      failed: 0,
      terminating: 1,
    })
  })

  it('does not count with an index that the Job does not have', () => {
    const subject = job({ completionMode: 'Indexed', completions: 2 })
    const pods = [jobPod('a', 'Succeeded', { index: 1 }), jobPod('b', 'Succeeded', { index: 2 })]
    expect(assess(subject, pods).succeededIndexes.toString()).toBe('1')
  })
})

describe('the end of a Job', () => {
  const indexed = (spec: Partial<JobSpec>) => job({ completionMode: 'Indexed', completions: 3, ...spec })
  it.each([
    ['is not there yet', job(), [failed('a')], undefined],
    [
      'is a failure too many',
      job({ backoffLimit: 1 }),
      [failed('a'), failed('b')],
      'FailureTarget BackoffLimitExceeded',
    ],
    [
      'is a deadline that has passed',
      job({ activeDeadlineSeconds: 10 }, { startTime: ago(10) }),
      [],
      'FailureTarget DeadlineExceeded',
    ],
    [
      'is not a deadline while suspended',
      job({ activeDeadlineSeconds: 10, suspend: true }, { startTime: ago(10) }),
      [],
      undefined,
    ],
    [
      'is what a policy says',
      job({
        podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [2] } }] },
      }),
      [failed('a')],
      'FailureTarget PodFailurePolicy',
    ],
    [
      'is not what a policy ignores',
      job({
        backoffLimit: 0,
        podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }] },
      }),
      [failed('a')],
      undefined,
    ],
    [
      'is that too many indexes have failed',
      indexed({ backoffLimitPerIndex: 0, maxFailedIndexes: 1 }),
      [failed('a', { index: 0 }), failed('b', { index: 1 })],
      'FailureTarget MaxFailedIndexesExceeded',
    ],
    [
      'is that no index is left',
      indexed({ backoffLimitPerIndex: 0 }),
      [
        failed('a', { index: 0 }),
        jobPod('b', 'Succeeded', { index: 1 }),
        jobPod('c', 'Succeeded', { index: 2 }),
      ],
      'FailureTarget FailedIndexes',
    ],
    [
      'is not there while an index may be tried again',
      indexed({ backoffLimitPerIndex: 2, completions: 1 }),
      [failed('a', { index: 0, annotations: { [FAILURES]: '1' } })],
      undefined,
    ],
    [
      'is what the success policy says',
      indexed({ successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] } }),
      [jobPod('a', 'Succeeded', { index: 1 })],
      'SuccessCriteriaMet SuccessPolicy',
    ],
    [
      'stays what it was',
      job({}, { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }] }),
      [jobPod('a', 'Succeeded')],
      'Failed DeadlineExceeded',
    ],
  ])('%s', (_, subject, pods, expected) => {
    expect(endOf(subject, ...pods)).toBe(expected)
  })

  it('is a restart too many where containers are started again in their pods', () => {
    const running = jobPod('a', 'Running')
    const containerStatuses = [{ name: 'main', ready: true, restartCount: 2, image: '', imageID: '' }]
    const restarted = { ...running, status: { ...running.status, containerStatuses } }
    const onFailure = (backoffLimit: number) =>
      job({ backoffLimit, template: { spec: { restartPolicy: 'OnFailure' } } })
    expect(endOf(onFailure(3), restarted)).toBeUndefined()
    expect(endOf(onFailure(2), restarted)).toBe('FailureTarget BackoffLimitExceeded')
  })
})

describe('the pods of a Job', () => {
  const plan = (subject: Job, pods: readonly Pod[], failures = NO_FAILURES) => {
    const planned = planPods(subject, assess(subject, pods), failures, NOW)
    return 'remove' in planned ? planned.remove.map(({ metadata }) => metadata.name) : planned
  }
  const running = (...names: string[]) => names.map((name) => jobPod(name, 'Running'))
  const at = (name: string, index: number) => jobPod(name, 'Running', { index })
  it.each([
    [
      'are created as far as it may',
      job({ completions: 5, parallelism: 2 }),
      [],
      { create: [undefined, undefined] },
    ],
    [
      'are no more than are missing',
      job({ completions: 3, parallelism: 5 }, { succeeded: 2 }),
      [],
      { create: [undefined] },
    ],
    ['are enough', job(), running('a'), { create: [] }],
    ['go where there are too many', job({ completions: 5, parallelism: 1 }), running('a', 'b'), ['a']],
    ['all go when it is suspended', job({ suspend: true, completions: 2 }), running('a', 'b'), ['a', 'b']],
    [
      'may go on after a success where no number is wanted',
      jobWithout(3),
      [...running('a'), jobPod('b', 'Succeeded')],
      { create: [] },
    ],
    [
      'get the first indexes that are free',
      indexedJob(5, 3),
      [at('a', 1), jobPod('b', 'Succeeded', { index: 0 })],
      { create: [2, 3] },
    ],
    ['go where they have the same index', indexedJob(3, 3), [at('a', 1), at('b', 1)], ['a']],
    ['go where they have no index', indexedJob(3, 3), [jobPod('a', 'Running'), at('b', 9)], ['b', 'a']],
  ] as const)('%s', (_, subject, pods, expected) => {
    expect(plan(subject, pods)).toEqual(expected)
  })

  it('wait after failures', () => {
    expect(plan(job(), [], { failures: 2, lastAtMs: NOW - 5000 })).toEqual({ waitMs: 15_000 })
  })

  it('wait for themselves where each index has its own limit', () => {
    const subject = job({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 3,
    })
    const first = failed('a', { index: 0, endedAgo: 4 })
    expect(plan(subject, [first])).toEqual({ create: [1] })
    expect(plan(subject, [first, at('b', 1)])).toEqual({ waitMs: 6000 })
    expect(plan(subject, [failed('a', { index: 0, endedAgo: 11 }), at('b', 1)])).toEqual({ create: [0] })
  })
})

function indexedJob(completions: number, parallelism: number): Job {
  return job({ completionMode: 'Indexed', completions, parallelism })
}

function jobWithout(parallelism: number): Job {
  const { spec, ...others } = job({ parallelism })
  const { completions: _, ...rest } = spec
  return { ...others, spec: rest }
}
