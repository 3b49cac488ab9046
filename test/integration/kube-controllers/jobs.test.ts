import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Pod } from '../../../src/apis/core/v1.ts'
import type { PodBehaviour } from '../../support/fake-kubelet.ts'
import type { AnyObject } from './controllers-bench.ts'
import { JOBS, PODS, podTemplate, WorkloadsBench } from './workloads.ts'

const NAMESPACE = 'work'
const INDEX = 'batch.kubernetes.io/job-completion-index'

let workloads: WorkloadsBench

beforeAll(async () => {
  workloads = await WorkloadsBench.start()
  await workloads.namespace(NAMESPACE)
})

afterAll(() => workloads.close())
beforeEach(() => workloads.kubelet.behave({ behaviourOf: () => ({ exitCode: 0 }) }))

const create = (name: string, spec: object = {}) =>
  workloads.bench.resource(JOBS).create({
    kind: 'Job',
    metadata: { namespace: NAMESPACE, name },
    spec: { template: podTemplate({}, { restartPolicy: 'Never' }), ...spec },
  } as unknown as AnyObject)
const until = (name: string, isAsWanted: (status: AnyObject['status'], job: AnyObject) => boolean) =>
  workloads.untilObject(JOBS, `${NAMESPACE}/${name}`, (job) => isAsWanted(job.status ?? {}, job))
const untilEnd = (name: string) => until(name, (_, job) => conditionsOf(job).length === 2)
const podsOf = async (name: string) =>
  (await workloads.list(PODS, NAMESPACE)).filter(({ metadata }) => metadata.labels?.['job-name'] === name)
const behave = (behaviourOf: (pod: Pod) => PodBehaviour) => workloads.kubelet.behave({ behaviourOf })
const indexOf = ({ metadata }: Pod | AnyObject) => Number(metadata.annotations?.[INDEX])

function conditionsOf({ status }: AnyObject): string[] {
  return (status?.conditions ?? []).map(
    (each: Record<string, string>) => `${each.type} ${each.status} ${each.reason}: ${each.message}`,
  )
}

const COMPLETE = ['SuccessCriteriaMet', 'Complete'].map(
  (type) => `${type} True CompletionsReached: Reached expected number of succeeded pods`,
)
const failed = (reason: string, message: string) =>
  ['FailureTarget', 'Failed'].map((type) => `${type} True ${reason}: ${message}`)

describe('a Job', () => {
  it('runs a pod, and is complete when that has succeeded', async () => {
    await create('once')
    const job = await untilEnd('once')
    expect(conditionsOf(job)).toEqual(COMPLETE)
    const { conditions: _, startTime, completionTime, ...counts } = job.status
    expect(counts).toEqual({ ready: 0, succeeded: 1, terminating: 0, uncountedTerminatedPods: {} })
    expect(Date.parse(completionTime)).toBeGreaterThanOrEqual(Date.parse(startTime))
    const [pod] = await podsOf('once')
    expect(pod?.metadata.finalizers).toBeUndefined()
    expect(pod?.metadata.generateName).toBe('once-')
    await workloads.untilEvents(
      NAMESPACE,
      'once',
      `Normal SuccessfulCreate Created pod: ${pod?.metadata.name}`,
      'Normal Completed Job completed',
    )
  })

  it('runs as many pods as it wants, and not more at once than it may', async () => {
    let running = 0
    let most = 0
    await create('many', { completions: 12, parallelism: 4 })
    const job = await until('many', (status, each) => {
      running = status.active ?? 0
      most = Math.max(most, running)
      return conditionsOf(each).length === 2
    })
    expect(job.status.succeeded).toBe(12)
    expect(most).toBeLessThanOrEqual(4)
    expect(await podsOf('many')).toHaveLength(12)
  })

  it('counts each pod once, though the controller is restarted in between', async () => {
    await create('counted', { completions: 20, parallelism: 5 })
    await until('counted', ({ succeeded = 0 }) => succeeded > 3)
    await workloads.bench.stopControllers()
    await workloads.bench.startControllers()
    const job = await untilEnd('counted')
    expect(job.status.succeeded).toBe(20)
    expect(await podsOf('counted')).toHaveLength(20)
  })

  it('gives each pod an index where it is indexed', async () => {
    await create('indexed', { completions: 4, parallelism: 4, completionMode: 'Indexed' })
    const job = await untilEnd('indexed')
    expect(job.status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' })
    const pods = await podsOf('indexed')
    expect(pods.map(indexOf).sort()).toEqual([0, 1, 2, 3])
    const second = pods.find((pod) => indexOf(pod) === 1)
    expect(second).toMatchObject({
      metadata: { generateName: 'indexed-1-', labels: { [INDEX]: '1' } },
      spec: {
        hostname: 'indexed-1',
        containers: [
          {
            env: [
              {
                name: 'JOB_COMPLETION_INDEX',
                valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } },
              },
            ],
          },
        ],
      },
    })
  })

  it('fails when its pods fail more often than it allows', async () => {
    behave(() => ({ exitCode: 1 }))
    await create('failing', { backoffLimit: 0 })
    const job = await untilEnd('failing')
    const message = 'Job has reached the specified backoff limit'
    expect(conditionsOf(job)).toEqual(failed('BackoffLimitExceeded', message))
    expect(job.status).toMatchObject({ failed: 1, uncountedTerminatedPods: {} })
    await workloads.untilEvents(NAMESPACE, 'failing', `Warning BackoffLimitExceeded ${message}`)
  })

  it('ends what runs yet when it fails, and waits for its end', async () => {
    behave(() => 'run')
    await create('overdue', { activeDeadlineSeconds: 1, parallelism: 2, completions: 2 })
    const job = await untilEnd('overdue')
    expect(conditionsOf(job)).toEqual(
      failed('DeadlineExceeded', 'Job was active longer than specified deadline'),
    )
    expect(job.status).toMatchObject({ failed: 2, ready: 0, terminating: 0 })
    expect(job.status.active).toBeUndefined()
    expect(await podsOf('overdue')).toEqual([])
  })

  it('stops when it is suspended, and goes on later', async () => {
    behave(() => 'run')
    await create('suspended', { parallelism: 2, completions: 2 })
    await until('suspended', ({ ready }) => ready === 2)
    const suspend = (value: boolean) =>
      workloads.bench
        .resource(JOBS)
        .patch(
          { namespace: NAMESPACE, name: 'suspended' },
          { type: 'merge', body: { spec: { suspend: value } } },
        )
    await suspend(true)
    const stopped = await until('suspended', ({ active, terminating }) => !active && terminating === 0)
    expect(conditionsOf(stopped)).toEqual(['Suspended True JobSuspended: Job suspended'])
    expect(stopped.status.failed).toBeUndefined()
    expect(stopped.status.startTime).toBeUndefined()
    behave(() => ({ exitCode: 0 }))
    await suspend(false)
    const job = await until('suspended', (_, each) => conditionsOf(each).length === 3)
    expect(conditionsOf(job)).toEqual(['Suspended False JobResumed: Job resumed', ...COMPLETE])
    expect(job.status.startTime).toBeDefined()
    await workloads.untilEvents(
      NAMESPACE,
      'suspended',
      'Normal Suspended Job suspended',
      'Normal Resumed Job resumed',
    )
  })

  it('is complete without a beginning when it is suspended and wants no pod', async () => {
    await create('nothing', { completions: 0, suspend: true })
    const job = await untilEnd('nothing')
    expect(conditionsOf(job)).toEqual(COMPLETE)
    expect(job.status.startTime).toBeUndefined()
  })

  it('fails at once for an exit code of its policy, and does not count what the policy ignores', async () => {
    const rules = [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
    ]
    behave(() => ({ exitCode: 42 }))
    await create('hopeless', { podFailurePolicy: { rules } })
    const job = await untilEnd('hopeless')
    const pod = job.status.conditions[0].message.split(' ')[4]
    expect(conditionsOf(job)).toEqual(
      failed(
        'PodFailurePolicy',
        `Container main for pod ${pod} failed with exit code 42 matching FailJob rule at index 1`,
      ),
    )
    behave(() => ({ exitCode: 1, condition: 'DisruptionTarget' }))
    await create('disrupted', { backoffLimit: 0, podFailurePolicy: { rules } })
    await workloads.bench.until(PODS, { namespace: NAMESPACE, labelSelector: 'job-name=disrupted' }, (pods) =>
      [...pods.values()].some(({ metadata, status }) => status?.phase === 'Failed' && !metadata.finalizers),
    )
    const going = await until('disrupted', ({ active }) => !active)
    expect(going.status.failed).toBeUndefined()
    expect(conditionsOf(going)).toEqual([])
  })

  it('gives up single indexes, and fails when all others have succeeded', async () => {
    behave((pod) => ({ exitCode: indexOf(pod) === 1 ? 1 : 0 }))
    await create('partial', {
      completions: 3,
      parallelism: 3,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 0,
    })
    const job = await untilEnd('partial')
    expect(conditionsOf(job)).toEqual(failed('FailedIndexes', 'Job has failed indexes'))
    expect(job.status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1', succeeded: 2, failed: 1 })
  })

  it('is complete early where its success policy says so', async () => {
    behave((pod) => (indexOf(pod) === 0 ? { exitCode: 0 } : 'run'))
    await create('leader', {
      completions: 3,
      parallelism: 3,
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
    })
    const job = await untilEnd('leader')
    expect(conditionsOf(job)).toEqual(
      ['SuccessCriteriaMet', 'Complete'].map(
        (type) => `${type} True SuccessPolicy: Matched rules at index 0`,
      ),
    )
    expect(job.status.succeeded).toBe(1)
    expect(await podsOf('leader')).toHaveLength(1)
  })

  it('goes with its pods some time after its end', async () => {
    await create('passing', { ttlSecondsAfterFinished: 1 })
    await workloads.bench.untilGone(JOBS, `${NAMESPACE}/passing`)
    expect(await podsOf('passing')).toEqual([])
  })

  it('lets its pods go when it is deleted', async () => {
    behave(() => 'run')
    await create('deleted')
    await until('deleted', ({ ready }) => ready === 1)
    const key = { namespace: NAMESPACE, name: 'deleted' }
    await workloads.bench.resource(JOBS).delete(key, { propagationPolicy: 'Background' })
    const selection = { namespace: NAMESPACE, labelSelector: 'job-name=deleted' }
    await workloads.bench.until(PODS, selection, ({ size }) => size === 0)
  })

  it('leaves pods without its finalizer when they are orphaned', async () => {
    behave(() => 'run')
    await create('orphaning')
    await until('orphaning', ({ ready }) => ready === 1)
    const key = { namespace: NAMESPACE, name: 'orphaning' }
    await workloads.bench.resource(JOBS).delete(key, { propagationPolicy: 'Orphan' })
    await workloads.bench.until(PODS, { namespace: NAMESPACE, labelSelector: 'job-name=orphaning' }, (pods) =>
      [...pods.values()].every(({ metadata }) => !metadata.finalizers && !metadata.ownerReferences),
    )
    expect(await podsOf('orphaning')).toHaveLength(1)
  })
})
