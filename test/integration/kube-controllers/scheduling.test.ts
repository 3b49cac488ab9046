import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AnyObject, ControllersBench, EVENTS } from './controllers-bench.ts'

const core = (plural: string, namespaced = true) => ({ group: '', version: 'v1', plural, namespaced })
const PODS = core('pods')
const NODES = core('nodes', false)
const NAMESPACE = 'default'

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start(['default-scheduler', 'serviceaccount-controller'])
  await bench.until(core('serviceaccounts'), { namespace: NAMESPACE }, (all) => all.has('default/default'))
})

afterAll(() => bench.close())

const createPod = (name: string, spec: object = {}) =>
  bench.resource(PODS).create({
    metadata: { namespace: NAMESPACE, name },
    spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '600m' } } }], ...spec },
  } as unknown as AnyObject)
const createNode = (name: string, spec: object = {}) =>
  bench.resource(NODES).create({
    metadata: { name },
    spec,
    status: { allocatable: { cpu: '1', pods: '10' }, capacity: { cpu: '1', pods: '10' } },
  } as unknown as AnyObject)
const scheduled = (pod: AnyObject | undefined) =>
  pod?.status?.conditions?.find(({ type }: { type: string }) => type === 'PodScheduled')
const untilPod = async (name: string, isAsWanted: (pod: AnyObject) => boolean) => {
  const pods = await bench.until(PODS, { namespace: NAMESPACE }, (all) => {
    const pod = all.get(`${NAMESPACE}/${name}`)
    return pod !== undefined && isAsWanted(pod)
  })
  return pods.get(`${NAMESPACE}/${name}`) as AnyObject
}
const untilRefused = (name: string, message: string) =>
  untilPod(name, (pod) => scheduled(pod)?.message === message)
const untilEvent = (reason: string, note: string) =>
  bench.until(EVENTS, { namespace: NAMESPACE }, (events) =>
    [...events.values()].some(
      (event) =>
        event.reason === reason && event.note === note && event.reportingController === 'default-scheduler',
    ),
  )

describe('a Pod that names no node', () => {
  it('waits until there is one that it may have, and gets it', async () => {
    await createPod('first')
    const message = 'no nodes available to schedule pods'
    const waiting = await untilRefused('first', message)
    expect(scheduled(waiting)).toMatchObject({ status: 'False', reason: 'Unschedulable' })
    await untilEvent('FailedScheduling', message)
    await createNode('one', { taints: [{ key: 'a', effect: 'NoSchedule' }] })
    await untilRefused('first', '0/1 nodes are available: 1 node(s) had untolerated taint(s).')
    await bench.resource(NODES).patch({ name: 'one' }, { type: 'merge', body: { spec: { taints: null } } })
    const placed = await untilPod('first', ({ spec }) => spec.nodeName === 'one')
    expect(scheduled(placed)).toMatchObject({ status: 'True' })
    await untilEvent('Scheduled', 'Successfully assigned default/first to one')
  })

  it('is not given what another has got', async () => {
    await bench.stopControllers()
    await createPod('second')
    await createPod('third')
    await createNode('two')
    await bench.startControllers()
    const lack = '0/2 nodes are available: 2 Insufficient cpu.'
    await untilPod('second', ({ spec }) => spec.nodeName === 'two')
    await untilRefused('third', lack)
    await bench.resource(PODS).delete({ namespace: NAMESPACE, name: 'second' }, { gracePeriodSeconds: 0 })
    await untilPod('third', ({ spec }) => spec.nodeName === 'two')
  })

  it('waits as long as it is held back', async () => {
    await createNode('three')
    await createPod('gated', { schedulingGates: [{ name: 'example.com/hold' }] })
    await createPod('after')
    await untilPod('after', ({ spec }) => spec.nodeName === 'three')
    const key = { namespace: NAMESPACE, name: 'gated' }
    expect((await bench.resource(PODS).get(key)).spec.nodeName).toBeUndefined()
    await createNode('four')
    await bench.resource(PODS).patch(key, { type: 'merge', body: { spec: { schedulingGates: null } } })
    await untilPod('gated', ({ spec }) => spec.nodeName === 'four')
  })
})
