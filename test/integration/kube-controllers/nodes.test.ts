import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, LEASES, systemClock } from '../../../src/kube/index.ts'
import { type AnyObject, ControllersBench } from './controllers-bench.ts'

const core = (plural: string, namespaced = true) => ({ group: '', version: 'v1', plural, namespaced })
const PODS = core('pods')
const NODES = core('nodes', false)
const NAMESPACES = core('namespaces', false)
const NAMESPACE = 'default'

/** Twenty seconds are one. */
const SPEED = 20
const fastClock: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
}

let bench: ControllersBench

beforeAll(async () => {
  const controllers = [
    'node-lifecycle-controller',
    'pod-garbage-collector-controller',
    'serviceaccount-controller',
  ]
  bench = await ControllersBench.start(controllers, fastClock)
  await bench.until(core('serviceaccounts'), { namespace: NAMESPACE }, (all) => all.has('default/default'))
})

afterAll(() => bench.close())

const setReady = (name: string, status: string) => {
  const condition = {
    type: 'Ready',
    status,
    lastHeartbeatTime: new Date().toISOString().replace(/\.\d+/, ''),
  }
  return bench
    .resource(NODES)
    .patchStatus({ name }, { type: 'strategic', body: { status: { conditions: [condition] } } })
}
const createPod = async (name: string, nodeName?: string) => {
  await bench.resource(PODS).create({
    metadata: { namespace: NAMESPACE, name, finalizers: ['example.com/look'] },
    spec: { ...(nodeName && { nodeName }), containers: [{ name: 'main', image: 'x' }] },
  } as unknown as AnyObject)
  const conditions = [{ type: 'Ready', status: 'True' }]
  const body = { status: { phase: nodeName ? 'Running' : 'Pending', conditions } }
  await bench.resource(PODS).patchStatus({ namespace: NAMESPACE, name }, { type: 'merge', body })
}
const release = (name: string) =>
  bench
    .resource(PODS)
    .patch({ namespace: NAMESPACE, name }, { type: 'merge', body: { metadata: { finalizers: null } } })
const statusOf = (object: AnyObject | undefined, type: string) =>
  object?.status?.conditions?.find((condition: { type: string }) => condition.type === type)?.status
const taintsOf = (node: AnyObject | undefined): string[] =>
  (node?.spec?.taints ?? []).map(({ key, effect }: { key: string; effect: string }) => `${key}:${effect}`)
const untilNode = (name: string, isAsWanted: (node: AnyObject) => boolean) =>
  bench.until(NODES, {}, (nodes) => {
    const node = nodes.get(name)
    return node !== undefined && isAsWanted(node)
  })
const untilPod = (name: string, isAsWanted: (pod: AnyObject) => boolean) =>
  bench.until(PODS, { namespace: NAMESPACE }, (pods) => {
    const pod = pods.get(`${NAMESPACE}/${name}`)
    return pod !== undefined && isAsWanted(pod)
  })

describe('a node', () => {
  it('that is not heard of is unknown, and well again when it is', async () => {
    await bench.resource(NODES).create({ metadata: { name: 'quiet' } })
    await setReady('quiet', 'True')
    await createPod('on-quiet', 'quiet')
    await untilNode('quiet', (node) => statusOf(node, 'Ready') === 'Unknown')
    await untilNode('quiet', (node) => taintsOf(node).length === 2)
    const node = await bench.resource(NODES).get({ name: 'quiet' })
    expect(taintsOf(node).toSorted()).toEqual([
      'node.kubernetes.io/unreachable:NoExecute',
      'node.kubernetes.io/unreachable:NoSchedule',
    ])
    await untilPod('on-quiet', (pod) => statusOf(pod, 'Ready') === 'False')
    await setReady('quiet', 'True')
    await untilNode('quiet', (each) => taintsOf(each).length === 0)
    await release('on-quiet')
  })

  it('stays as it is while it renews its lease', async () => {
    await bench
      .resource(NAMESPACES)
      .create({ metadata: { name: 'kube-node-lease' } })
      .catch(() => {})
    await bench.resource(NODES).create({ metadata: { name: 'alive' } })
    await setReady('alive', 'True')
    await bench.resource(NODES).create({ metadata: { name: 'silent' } })
    await setReady('silent', 'True')
    const key = { namespace: 'kube-node-lease', name: 'alive' }
    await bench.resource(LEASES).create({ metadata: key } as AnyObject)
    let isOver = false
    const silence = untilNode('silent', (node) => statusOf(node, 'Ready') === 'Unknown').finally(() => {
      isOver = true
    })
    while (!isOver) {
      const body = { spec: { renewTime: new Date().toISOString().replace('Z', '000Z') } }
      await bench.resource(LEASES).patch(key, { type: 'merge', body })
      await systemClock.sleep(20)
    }
    await silence
    expect(statusOf(await bench.resource(NODES).get({ name: 'alive' }), 'Ready')).toBe('True')
  })

  it('that is closed says so to schedulers', async () => {
    await bench
      .resource(NODES)
      .patch({ name: 'quiet' }, { type: 'merge', body: { spec: { unschedulable: true } } })
    await untilNode('quiet', (node) => taintsOf(node).includes('node.kubernetes.io/unschedulable:NoSchedule'))
  })
})

describe('a Pod that no kubelet will delete', () => {
  it('is deleted when its node is gone', async () => {
    await bench.resource(NODES).create({ metadata: { name: 'leaving' } })
    await createPod('orphan', 'leaving')
    await bench.resource(NODES).delete({ name: 'leaving' })
    const pods = await untilPod('orphan', ({ metadata }) => metadata.deletionTimestamp !== undefined)
    const orphan = pods.get(`${NAMESPACE}/orphan`)
    expect(orphan?.status.phase).toBe('Failed')
    expect(orphan?.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      }),
    )
    await release('orphan')
    await bench.untilGone(PODS, `${NAMESPACE}/orphan`)
  })

  it('is deleted when it was before it had a node', async () => {
    await createPod('early')
    await bench.resource(PODS).delete({ namespace: NAMESPACE, name: 'early' })
    await untilPod('early', ({ status }) => status.phase === 'Failed')
    await release('early')
    await bench.untilGone(PODS, `${NAMESPACE}/early`)
  })
})
