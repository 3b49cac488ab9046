import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AnyObject, ControllersBench } from './controllers-bench.ts'

const core = (plural: string, namespaced = true) => ({ group: '', version: 'v1', plural, namespaced })
const PODS = core('pods')
const NODES = core('nodes', false)
const SERVICES = core('services')
const ENDPOINTS = core('endpoints')
const SLICES = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', namespaced: true }
const NAMESPACE = 'default'

const nowText = () => new Date().toISOString().replace(/\.\d+/, '')

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start([
    'endpoints-controller',
    'endpointslice-controller',
    'endpointslice-mirroring-controller',
    'garbage-collector-controller',
    'serviceaccount-controller',
  ])
  await bench.resource(NODES).create({ metadata: { name: 'node' } })
  await bench.until(core('serviceaccounts'), { namespace: NAMESPACE }, (all) => all.has('default/default'))
})

afterAll(() => bench.close())

const createService = (name: string, spec: object = {}) =>
  bench.resource(SERVICES).create({
    metadata: { namespace: NAMESPACE, name },
    spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  } as unknown as AnyObject)
const createPod = async (name: string, app: string, ip: string) => {
  const key = { namespace: NAMESPACE, name }
  await bench.resource(PODS).create({
    metadata: { ...key, labels: { app } },
    spec: { nodeName: 'node', containers: [{ name: 'main', image: 'x' }] },
  } as unknown as AnyObject)
  await setReady(name, ip, true)
}
const setReady = (name: string, ip: string, ready: boolean) =>
  bench.resource(PODS).patchStatus(
    { namespace: NAMESPACE, name },
    {
      type: 'merge',
      body: {
        status: {
          phase: 'Running',
          podIP: ip,
          podIPs: [{ ip }],
          conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: nowText() }],
        },
      },
    },
  )
const slicesOf = (objects: ReadonlyMap<string, AnyObject>, service: string) =>
  [...objects.values()].filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
const untilReady = (service: string, ...addresses: string[]) =>
  bench.until(SLICES, { namespace: NAMESPACE }, (objects) => {
    const ready = slicesOf(objects, service).flatMap(({ endpoints }) =>
      (endpoints ?? []).flatMap((each: AnyObject) => (each.conditions.ready ? each.addresses : [])),
    )
    return ready.toSorted().join() === addresses.toSorted().join() && slicesOf(objects, service).length > 0
  })
const untilEndpoints = (service: string, addresses: string[], notReady: string[] = []) =>
  bench.until(ENDPOINTS, { namespace: NAMESPACE }, (objects) => {
    const found = objects.get(`${NAMESPACE}/${service}`)
    const ips = (list: string) =>
      (found?.subsets ?? []).flatMap((subset: AnyObject) =>
        (subset[list] ?? []).map(({ ip }: { ip: string }) => ip),
      )
    return (
      found !== undefined &&
      ips('addresses').join() === addresses.join() &&
      ips('notReadyAddresses').join() === notReady.join()
    )
  })

describe('a Service with a selector', () => {
  it('knows its Pods as they come, change and go', async () => {
    await createService('web', { selector: { app: 'web' } })
    await untilReady('web')
    await untilEndpoints('web', [])
    await createPod('one', 'web', '10.9.0.1')
    await createPod('two', 'web', '10.9.0.2')
    await createPod('other', 'another', '10.9.0.3')
    const objects = await untilReady('web', '10.9.0.1', '10.9.0.2')
    const [slice, ...more] = slicesOf(objects, 'web')
    expect(more).toEqual([])
    expect(slice?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
    expect(slice?.metadata.annotations).toHaveProperty(['endpoints.kubernetes.io/last-change-trigger-time'])
    await untilEndpoints('web', ['10.9.0.1', '10.9.0.2'])
    await setReady('two', '10.9.0.2', false)
    await untilReady('web', '10.9.0.1')
    await untilEndpoints('web', ['10.9.0.1'], ['10.9.0.2'])
    await bench.resource(PODS).delete({ namespace: NAMESPACE, name: 'two' }, { gracePeriodSeconds: 0 })
    await untilEndpoints('web', ['10.9.0.1'])
  })

  it('gets its endpoints back when somebody else deletes or writes them', async () => {
    const { items } = await bench.resource(SLICES).list({
      namespace: NAMESPACE,
      labelSelector: 'kubernetes.io/service-name=web',
    })
    for (const { metadata } of items) {
      await bench.resource(SLICES).delete({ namespace: NAMESPACE, name: metadata.name ?? '' })
    }
    await bench.resource(ENDPOINTS).delete({ namespace: NAMESPACE, name: 'web' })
    await untilReady('web', '10.9.0.1')
    await untilEndpoints('web', ['10.9.0.1'])
    await bench
      .resource(ENDPOINTS)
      .patch({ namespace: NAMESPACE, name: 'web' }, { type: 'merge', body: { subsets: [] } })
    await untilEndpoints('web', ['10.9.0.1'])
  })

  it('has one slice, even of a restart and of much at once', async () => {
    await bench.stopControllers()
    await createService('busy', { selector: { app: 'busy' } })
    await bench.startControllers()
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => createPod(`busy-${index}`, 'busy', `10.8.0.${index + 1}`)),
    )
    const addresses = Array.from({ length: 12 }, (_, index) => `10.8.0.${index + 1}`)
    const objects = await untilReady('busy', ...addresses)
    expect(slicesOf(objects, 'busy')).toHaveLength(1)
  })

  it('takes its endpoints along when it is deleted', async () => {
    await bench.resource(SERVICES).delete({ namespace: NAMESPACE, name: 'web' })
    await bench.untilGone(ENDPOINTS, `${NAMESPACE}/web`)
    await bench.until(SLICES, {}, (objects) => slicesOf(objects, 'web').length === 0)
  })
})

describe('Endpoints made by hand', () => {
  it('become slices, and follow', async () => {
    await createService('db')
    const key = { namespace: NAMESPACE, name: 'db' }
    await bench.resource(ENDPOINTS).create({
      metadata: key,
      subsets: [{ addresses: [{ ip: '10.7.0.1' }], ports: [{ name: 'http', port: 5432 }] }],
    } as unknown as AnyObject)
    const objects = await untilReady('db', '10.7.0.1')
    expect(slicesOf(objects, 'db').map(({ ports }) => ports)).toEqual([
      [{ name: 'http', port: 5432, protocol: 'TCP' }],
    ])
    const body = { subsets: [{ addresses: [{ ip: '10.7.0.2' }], ports: [{ name: 'http', port: 5433 }] }] }
    await bench.resource(ENDPOINTS).patch(key, { type: 'merge', body })
    await untilReady('db', '10.7.0.2')
    await bench.resource(ENDPOINTS).delete(key)
    await bench.until(SLICES, {}, (all) => slicesOf(all, 'db').length === 0)
  })
})
