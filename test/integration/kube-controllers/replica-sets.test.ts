import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inParallel } from '../../../src/common/in-parallel.ts'
import type { AnyObject } from './controllers-bench.ts'
import { PODS, podTemplate, REPLICA_SETS, WorkloadsBench } from './workloads.ts'

let workloads: WorkloadsBench

beforeAll(async () => {
  workloads = await WorkloadsBench.start()
  await workloads.namespace('sets')
})

afterAll(() => workloads.close())
beforeEach(() => workloads.kubelet.behave({}))

const create = (name: string, spec: object) =>
  workloads.bench.resource(REPLICA_SETS).create({
    kind: 'ReplicaSet',
    metadata: { namespace: 'sets', name },
    spec: { selector: { matchLabels: { app: name } }, template: podTemplate({ app: name }), ...spec },
  } as AnyObject)
const untilStatus = (name: string, isAsWanted: (status: AnyObject['status']) => boolean) =>
  workloads.untilObject(REPLICA_SETS, `sets/${name}`, ({ status }) => isAsWanted(status))
const podsOf = async (app: string) =>
  (await workloads.list(PODS, 'sets')).filter(({ metadata }) => metadata.labels?.app === app)
const scale = (name: string, replicas: number) =>
  workloads.bench
    .resource(REPLICA_SETS)
    .patch({ namespace: 'sets', name }, { type: 'merge', body: { spec: { replicas } } })

describe('a ReplicaSet', () => {
  it('gets its pods, and says how many there are', async () => {
    const set = await create('three', { replicas: 3 })
    const { status } = await untilStatus('three', ({ availableReplicas }) => availableReplicas === 3)
    expect(status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    })
    const [pod] = await podsOf('three')
    expect(pod?.metadata).toMatchObject({
      generateName: 'three-',
      labels: { app: 'three' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'three',
          uid: set.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    })
    const notes = (await podsOf('three')).map(
      ({ metadata }) => `Normal SuccessfulCreate Created pod: ${metadata.name}`,
    )
    await workloads.untilEvents('sets', 'three', ...notes)
  })

  it('replaces pods that are deleted, vanish or fail', async () => {
    await create('lasting', { replicas: 3 })
    await untilStatus('lasting', ({ readyReplicas }) => readyReplicas === 3)
    const before = await podsOf('lasting')
    const [deleted, vanished, failed] = before.map(({ metadata }) => metadata.name ?? '')
    const pods = workloads.bench.resource(PODS)
    await pods.delete({ namespace: 'sets', name: deleted ?? '' })
    await pods.delete({ namespace: 'sets', name: vanished ?? '' }, { gracePeriodSeconds: 0 })
    await pods.patchStatus(
      { namespace: 'sets', name: failed ?? '' },
      { type: 'merge', body: { status: { phase: 'Failed' } } },
    )
    const old = new Set(before.map(({ metadata }) => metadata.name))
    await workloads.bench.until(PODS, { namespace: 'sets', labelSelector: 'app=lasting' }, (objects) => {
      const fresh = [...objects.values()].filter(({ metadata }) => !old.has(metadata.name))
      return fresh.length === 3 && fresh.every(({ status }) => status.phase === 'Running')
    })
    const { status } = await untilStatus('lasting', ({ readyReplicas }) => readyReplicas === 3)
    expect(status.replicas).toBe(3)
  })

  it('never has more pods than it wants, however often it is scaled', async () => {
    await create('scaled', { replicas: 20 })
    await untilStatus('scaled', ({ readyReplicas }) => readyReplicas === 20)
    let most = 0
    for (const replicas of [5, 30, 12]) {
      await scale('scaled', replicas)
      await untilStatus('scaled', (status) => {
        most = Math.max(most, status.replicas)
        return status.readyReplicas === replicas && status.replicas === replicas
      })
    }
    expect(most).toBe(30)
    expect((await podsOf('scaled')).filter(({ metadata }) => !metadata.deletionTimestamp)).toHaveLength(12)
  })

  it('deletes those first that are of no use', async () => {
    workloads.kubelet.behave({
      behaviourOf: ({ metadata }) => (metadata.labels?.slow ? 'never-ready' : 'run'),
    })
    await create('ranked', { replicas: 4 })
    await untilStatus('ranked', ({ readyReplicas }) => readyReplicas === 4)
    const [useless] = await podsOf('ranked')
    const key = { namespace: 'sets', name: useless?.metadata.name ?? '' }
    await workloads.bench
      .resource(PODS)
      .patch(key, { type: 'merge', body: { metadata: { labels: { slow: 'yes' } } } })
    await untilStatus('ranked', ({ readyReplicas }) => readyReplicas === 3)
    await scale('ranked', 3)
    await workloads.bench.untilGone(PODS, `sets/${key.name}`)
    expect((await untilStatus('ranked', ({ replicas }) => replicas === 3)).status.readyReplicas).toBe(3)
  })

  it('adopts pods that it selects, and lets go of those that it does not select any more', async () => {
    await workloads.bench.resource(PODS).create({
      kind: 'Pod',
      metadata: { namespace: 'sets', name: 'orphan', labels: { app: 'adopting' } },
      spec: podTemplate({}).spec,
    } as AnyObject)
    await create('adopting', { replicas: 2 })
    await untilStatus('adopting', ({ readyReplicas }) => readyReplicas === 2)
    expect((await podsOf('adopting')).map(({ metadata }) => metadata.name)).toContain('orphan')
    const orphan = await workloads.untilObject(
      PODS,
      'sets/orphan',
      ({ metadata }) => metadata.ownerReferences !== undefined,
    )
    expect(orphan.metadata.ownerReferences).toMatchObject([{ name: 'adopting', controller: true }])
    await workloads.bench
      .resource(PODS)
      .patch(
        { namespace: 'sets', name: 'orphan' },
        { type: 'merge', body: { metadata: { labels: { app: 'other' } } } },
      )
    await workloads.untilObject(PODS, 'sets/orphan', ({ metadata }) => metadata.ownerReferences === undefined)
    await workloads.bench.until(
      PODS,
      { namespace: 'sets', labelSelector: 'app=adopting' },
      (objects) => objects.size === 2,
    )
  })

  it('counts a pod as available when it was ready for long enough', async () => {
    await create('patient', { replicas: 1, minReadySeconds: 2 })
    const ready = await untilStatus('patient', ({ readyReplicas }) => readyReplicas === 1)
    expect(ready.status.availableReplicas).toBeUndefined()
    await untilStatus('patient', ({ availableReplicas }) => availableReplicas === 1)
  })

  it('says why pods cannot be created, and goes on when they can', async () => {
    const quotas = workloads.bench.resource({
      group: '',
      version: 'v1',
      plural: 'resourcequotas',
      namespaced: true,
    })
    await workloads.namespace('full')
    await quotas.create({
      metadata: { namespace: 'full', name: 'none' },
      spec: { hard: { pods: '0' } },
    } as unknown as AnyObject)
    await workloads.bench.resource(REPLICA_SETS).create({
      kind: 'ReplicaSet',
      metadata: { namespace: 'full', name: 'refused' },
      spec: { replicas: 3, selector: { matchLabels: { a: 'b' } }, template: podTemplate({ a: 'b' }) },
    } as unknown as AnyObject)
    const { status } = await workloads.untilObject(
      REPLICA_SETS,
      'full/refused',
      (object) => object.status?.conditions !== undefined,
    )
    expect(status).toMatchObject({
      replicas: 0,
      conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }],
    })
    expect(status.conditions[0].message).toContain('exceeded quota: none')
    await quotas.delete({ namespace: 'full', name: 'none' })
    const after = await workloads.untilObject(
      REPLICA_SETS,
      'full/refused',
      (object) => object.status?.readyReplicas === 3,
    )
    expect(after.status.conditions).toBeUndefined()
  })

  it('neither creates too many nor too few when its controller is restarted meanwhile', async () => {
    await inParallel(['one', 'two', 'three'], 3, async (suffix) => {
      await create(`restarted-${suffix}`, { replicas: 10 })
    })
    await workloads.bench.stopControllers()
    await workloads.bench.startControllers()
    for (const suffix of ['one', 'two', 'three'])
      await untilStatus(`restarted-${suffix}`, ({ readyReplicas }) => readyReplicas === 10)
    expect((await podsOf('restarted-one')).length).toBe(10)
  })
})
