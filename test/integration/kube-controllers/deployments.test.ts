import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { templateHash } from '../../../src/kube-controllers/deployments/template-hash.ts'
import type { PodBehaviour } from '../../support/fake-kubelet.ts'
import type { AnyObject } from './controllers-bench.ts'
import { DEPLOYMENTS, PODS, podTemplate, REPLICA_SETS, textOf, WorkloadsBench } from './workloads.ts'

const NAMESPACE = 'web'
const REVISION = 'deployment.kubernetes.io/revision'

let workloads: WorkloadsBench

beforeAll(async () => {
  workloads = await WorkloadsBench.start()
  await workloads.namespace(NAMESPACE)
})

afterAll(() => workloads.close())
beforeEach(() => workloads.kubelet.behave({}))

const create = (name: string, spec: object = {}) =>
  workloads.bench.resource(DEPLOYMENTS).create({
    kind: 'Deployment',
    metadata: { namespace: NAMESPACE, name },
    spec: { selector: { matchLabels: { app: name } }, template: podTemplate({ app: name }), ...spec },
  } as unknown as AnyObject)
const change = (name: string, spec: object) =>
  workloads.bench
    .resource(DEPLOYMENTS)
    .patch({ namespace: NAMESPACE, name }, { type: 'strategic', body: { spec } })
const setImage = (name: string, image: string) =>
  change(name, { template: { spec: { containers: [{ name: 'main', image }] } } })
const until = (name: string, isAsWanted: (deployment: AnyObject) => boolean) =>
  workloads.untilObject(DEPLOYMENTS, `${NAMESPACE}/${name}`, isAsWanted)
const untilDone = (name: string) => until(name, isDone)
const setsOf = async (name: string) =>
  (await workloads.list(REPLICA_SETS, NAMESPACE))
    .filter(({ metadata }) => metadata.labels?.app === name)
    .sort((one, other) => revisionOf(one) - revisionOf(other))

function isDone(deployment: AnyObject): boolean {
  const { metadata, spec, status } = deployment
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status ?? {}
  const counts = [updatedReplicas, replicas, availableReplicas]
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    counts.every((count) => count === spec.replicas) &&
    (!spec.progressDeadlineSeconds ||
      conditionsOf(deployment).Progressing?.includes('NewReplicaSetAvailable') === true)
  )
}

function conditionsOf({ status }: AnyObject): Record<string, string> {
  return Object.fromEntries(
    (status?.conditions ?? []).map((each: Record<string, string>) => [
      each.type,
      `${each.status} ${each.reason}: ${each.message}`,
    ]),
  )
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function revisionOf({ metadata }: AnyObject): number {
  return Number(metadata.annotations?.[REVISION])
}

describe('a Deployment', () => {
  it('gets a ReplicaSet of its template, and says when it is available', async () => {
    const { spec, metadata } = await create('fresh', { replicas: 2 })
    const deployment = await untilDone('fresh')
    const [set] = await setsOf('fresh')
    const hash = templateHash(spec.template)
    expect(set).toMatchObject({
      metadata: {
        name: `fresh-${hash}`,
        labels: { app: 'fresh', 'pod-template-hash': hash },
        annotations: {
          [REVISION]: '1',
          'deployment.kubernetes.io/desired-replicas': '2',
          'deployment.kubernetes.io/max-replicas': '3',
        },
        ownerReferences: [{ kind: 'Deployment', name: 'fresh', uid: metadata.uid, controller: true }],
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'fresh', 'pod-template-hash': hash } },
        template: { metadata: { labels: { app: 'fresh', 'pod-template-hash': hash } } },
      },
    })
    expect(deployment.metadata.annotations?.[REVISION]).toBe('1')
    expect(deployment.metadata.generation).toBe(1)
    const { conditions: _, ...counts } = deployment.status
    expect(counts).toEqual({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
    })
    expect(conditionsOf(deployment)).toEqual({
      Available: 'True MinimumReplicasAvailable: Deployment has minimum availability.',
      Progressing: `True NewReplicaSetAvailable: ReplicaSet "fresh-${hash}" has successfully progressed.`,
    })
    await workloads.untilEvents(
      NAMESPACE,
      'fresh',
      `Normal ScalingReplicaSet Scaled up replica set fresh-${hash} from 0 to 2`,
    )
  })

  it('rolls out a new template within its bounds, step by step', async () => {
    await create('rolled', {
      replicas: 4,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    })
    await untilDone('rolled')
    await setImage('rolled', 'example.com/app:2')
    const available: number[] = []
    const wanted: number[] = []
    await Promise.all([
      until('rolled', (deployment) => {
        available.push(deployment.status.availableReplicas ?? 0)
        return revisionOf(deployment) === 2 && isDone(deployment)
      }),
      // The surge bounds what is asked of the sets: one may be told to grow before the other has lost a pod.
      workloads.bench.until(REPLICA_SETS, { namespace: NAMESPACE, labelSelector: 'app=rolled' }, (sets) => {
        wanted.push(sumOf([...sets.values()].map(({ spec }) => spec.replicas)))
        return [...sets.values()].some((set) => revisionOf(set) === 2 && set.spec.replicas === 4)
      }),
    ])
    expect(Math.min(...available)).toBeGreaterThanOrEqual(3)
    expect(Math.max(...wanted)).toBeLessThanOrEqual(5)
    const [old, current] = await setsOf('rolled')
    expect([old?.spec.replicas, current?.spec.replicas]).toEqual([0, 4])
    const events = await workloads.untilEvents(
      NAMESPACE,
      'rolled',
      `Normal ScalingReplicaSet Scaled up replica set ${current?.metadata.name} from 0 to 1`,
      `Normal ScalingReplicaSet Scaled down replica set ${old?.metadata.name} from 4 to 3`,
    )
    const steps = events.map(textOf).filter((text) => text.includes('ScalingReplicaSet'))
    expect(steps.length).toBeGreaterThan(4)
  })

  it('keeps the old pods when the new ones do not work, says so after its deadline, and goes back', async () => {
    await create('stuck', { replicas: 3, progressDeadlineSeconds: 2 })
    const before = await untilDone('stuck')
    workloads.kubelet.behave({
      behaviourOf: ({ spec }) => (spec?.containers?.[0]?.image?.endsWith(':bad') ? 'never-ready' : 'run'),
    })
    await setImage('stuck', 'example.com/app:bad')
    const stuck = await until('stuck', (each) => conditionsOf(each).Progressing?.startsWith('False') ?? false)
    const [, bad] = await setsOf('stuck')
    expect(conditionsOf(stuck)).toEqual({
      Available: 'True MinimumReplicasAvailable: Deployment has minimum availability.',
      Progressing: `False ProgressDeadlineExceeded: ReplicaSet "${bad?.metadata.name}" has timed out progressing.`,
    })
    expect(stuck.status).toMatchObject({ availableReplicas: 3, updatedReplicas: 1, unavailableReplicas: 1 })
    await change('stuck', { template: before.spec.template })
    await until('stuck', (each) => revisionOf(each) === 3 && isDone(each))
    const [left, back] = await setsOf('stuck')
    expect(left?.spec.replicas).toBe(0)
    expect(back?.metadata.annotations).toMatchObject({
      [REVISION]: '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
  })

  it('with the strategy Recreate starts nothing new before the old has ended', async () => {
    await create('recreated', { replicas: 2, strategy: { type: 'Recreate' } })
    await untilDone('recreated')
    workloads.kubelet.behave({ goesAtOnce: () => false })
    await setImage('recreated', 'example.com/app:2')
    const waiting = await until('recreated', ({ status }) => status.terminatingReplicas === 2)
    expect(waiting.status.updatedReplicas).toBeUndefined()
    expect(await setsOf('recreated')).toHaveLength(1)
    workloads.kubelet.behave({})
    await until('recreated', (each) => revisionOf(each) === 2 && isDone(each))
    const sets = await setsOf('recreated')
    expect(sets.map(({ spec }) => spec.replicas)).toEqual([0, 2])
  })

  it('is scaled without a new revision, also while it is paused, and rolls out when it goes on', async () => {
    await create('paused', { replicas: 1 })
    await untilDone('paused')
    await change('paused', { paused: true })
    const paused = await until(
      'paused',
      (each) => conditionsOf(each).Progressing?.startsWith('Unknown') ?? false,
    )
    expect(conditionsOf(paused).Progressing).toBe('Unknown DeploymentPaused: Deployment is paused')
    await setImage('paused', 'example.com/app:2')
    await change('paused', { replicas: 3 })
    await until('paused', ({ status }) => status.availableReplicas === 3)
    expect(await setsOf('paused')).toHaveLength(1)
    await change('paused', { paused: false })
    await until('paused', (each) => revisionOf(each) === 2 && isDone(each))
  })

  it('spreads what it is scaled by over all that want pods, in the middle of a rollout', async () => {
    await create('spread', {
      replicas: 10,
      strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    })
    await untilDone('spread')
    workloads.kubelet.behave({
      behaviourOf: ({ spec }) => (spec?.containers?.[0]?.image?.endsWith(':bad') ? 'never-ready' : 'run'),
    })
    await setImage('spread', 'example.com/app:bad')
    await until('spread', ({ status }) => status.replicas === 13 && status.updatedReplicas === 5)
    await change('spread', { replicas: 15 })
    await until('spread', ({ status }) => status.replicas === 18)
    const sizes = (await setsOf('spread')).map(({ spec }) => spec.replicas)
    expect(sizes).toEqual([11, 7])
  })

  it('comes to its end though pods vanish, fail and are slow meanwhile', async () => {
    await create('troubled', { replicas: 6, strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } } })
    await untilDone('troubled')
    let born = 0
    const troubles = new Map<string, PodBehaviour>()
    workloads.kubelet.behave({
      behaviourOf: ({ metadata }) => {
        const { uid = '' } = metadata
        const kinds: PodBehaviour[] = ['run', { exitCode: 1 }, 'run', 'never-ready', 'run']
        if (!troubles.has(uid)) troubles.set(uid, kinds[born++ % kinds.length] ?? 'run')
        return troubles.get(uid) ?? 'run'
      },
    })
    await setImage('troubled', 'example.com/app:2')
    await until('troubled', ({ status }) => (status.updatedReplicas ?? 0) >= 3)
    const selection = { namespace: NAMESPACE, labelSelector: 'app=troubled' }
    await workloads.bench.resource(PODS).deleteCollection({ ...selection, gracePeriodSeconds: 0 })
    workloads.kubelet.behave({})
    await until('troubled', (each) => revisionOf(each) === 2 && isDone(each))
    expect((await setsOf('troubled')).map(({ spec }) => spec.replicas)).toEqual([0, 6])
  })

  it('keeps no more old ReplicaSets than it wants', async () => {
    await create('forgetful', { replicas: 1, revisionHistoryLimit: 1 })
    await untilDone('forgetful')
    for (const version of [2, 3, 4]) {
      await setImage('forgetful', `example.com/app:${version}`)
      await until('forgetful', (each) => revisionOf(each) === version && isDone(each))
    }
    await workloads.bench.until(
      REPLICA_SETS,
      { namespace: NAMESPACE, labelSelector: 'app=forgetful' },
      (sets) => [...sets.values()].map(revisionOf).sort().join() === '3,4',
    )
  })

  it('takes another name where one is taken, and counts that', async () => {
    const template = { ...podTemplate({ app: 'unlucky' }), metadata: { labels: { app: 'unlucky' } } }
    const probe = await create('probe', { template: podTemplate({ app: 'probe' }) })
    const normalized = {
      ...probe.spec.template,
      metadata: { ...probe.spec.template.metadata, labels: { app: 'unlucky' } },
    }
    const taken = `unlucky-${templateHash(normalized)}`
    await workloads.bench.resource(REPLICA_SETS).create({
      kind: 'ReplicaSet',
      metadata: { namespace: NAMESPACE, name: taken },
      spec: {
        replicas: 0,
        selector: { matchLabels: { of: 'another' } },
        template: podTemplate({ of: 'another' }),
      },
    } as unknown as AnyObject)
    await create('unlucky', { template })
    const { status } = await untilDone('unlucky')
    expect(status.collisionCount).toBe(1)
    const names = (await setsOf('unlucky')).map(({ metadata }) => metadata.name)
    expect(names).toEqual([`unlucky-${templateHash(normalized, 1)}`])
  })

  it('says why its pods cannot be created', async () => {
    await workloads.namespace('empty')
    const quotas = { group: '', version: 'v1', plural: 'resourcequotas', namespaced: true }
    await workloads.bench.resource(quotas).create({
      metadata: { namespace: 'empty', name: 'none' },
      spec: { hard: { pods: '0' } },
    } as unknown as AnyObject)
    await workloads.bench.resource(DEPLOYMENTS).create({
      kind: 'Deployment',
      metadata: { namespace: 'empty', name: 'refused' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: podTemplate({ a: 'b' }) },
    } as unknown as AnyObject)
    const refused = await workloads.untilObject(
      DEPLOYMENTS,
      'empty/refused',
      (each) => conditionsOf(each).ReplicaFailure !== undefined,
    )
    expect(conditionsOf(refused)).toMatchObject({
      Available: 'False MinimumReplicasUnavailable: Deployment does not have minimum availability.',
      ReplicaFailure: expect.stringMatching(/^True FailedCreate: .*exceeded quota: none/),
    })
  })

  it('takes its pods along when it is deleted', async () => {
    await create('leaving', { replicas: 2 })
    await untilDone('leaving')
    await workloads.bench
      .resource(DEPLOYMENTS)
      .delete({ namespace: NAMESPACE, name: 'leaving' }, { propagationPolicy: 'Foreground' })
    await workloads.bench.untilGone(DEPLOYMENTS, `${NAMESPACE}/leaving`)
    expect(await setsOf('leaving')).toEqual([])
    const selection = { namespace: NAMESPACE, labelSelector: 'app=leaving' }
    await workloads.bench.until(PODS, selection, ({ size }) => size === 0)
  })
})
