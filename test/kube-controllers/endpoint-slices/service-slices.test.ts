import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Node, Pod, Service } from '../../../src/apis/core/v1.ts'
import type { EndpointSlice } from '../../../src/apis/discovery/v1.ts'
import type { SlicePlan } from '../../../src/kube-controllers/endpoint-slices/plan-slices.ts'
import { planForService } from '../../../src/kube-controllers/endpoint-slices/service-slices.ts'

const MOST = 3

const serviceWith = (spec: Service['spec'] = {}, labels = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web', uid: 'service', labels },
  spec: { clusterIP: '10.0.0.1', ipFamilies: ['IPv4'], selector: {}, ports: [{ port: 80 }], ...spec },
})
const node: Node = { metadata: { name: 'node', labels: { 'topology.kubernetes.io/zone': 'west' } } }
const podWith = (
  index: number,
  more: { ready?: boolean; ending?: boolean; spec?: Pod['spec'] } = {},
): Pod => ({
  metadata: {
    namespace: 'shop',
    name: `pod-${index}`,
    uid: `uid-${index}`,
    ...(more.ending && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: { nodeName: 'node', ...more.spec },
  status: {
    podIPs: [{ ip: `10.1.0.${index}` }, { ip: `fd00::${index}` }],
    conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
  },
})
const pods = (...indexes: number[]) => indexes.map((index) => podWith(index))
const nodeOf = (name: string) => (name === 'node' ? node : undefined)

let names = 0
/** The slices as they are after the plan was carried out. */
const after = (slices: readonly EndpointSlice[], { create, update, remove }: SlicePlan): EndpointSlice[] => [
  ...slices.flatMap((slice) =>
    remove.includes(slice)
      ? []
      : (update.find(({ metadata }) => metadata.name === slice.metadata.name) ?? slice),
  ),
  ...create.map((slice) => {
    names += 1
    return { ...slice, metadata: { ...slice.metadata, name: `slice-${names}` } }
  }),
]
const plan = (service: Service, selected: readonly Pod[], slices: readonly EndpointSlice[] = []) =>
  planForService({ service, pods: selected, nodeOf, slices }, MOST)
const synced = (service: Service, selected: readonly Pod[], slices: readonly EndpointSlice[] = []) =>
  after(slices, plan(service, selected, slices))
const namesIn = (slices: readonly EndpointSlice[]) =>
  slices.flatMap(({ endpoints }) => (endpoints ?? []).map(({ targetRef }) => targetRef?.name))
const sizes = ({ create, update, remove }: SlicePlan) => [create.length, update.length, remove.length]

describe('the slices of a Service', () => {
  it('say where its Pods are, and how they are', () => {
    const hostname = { hostname: 'first', subdomain: 'web', nodeName: 'node' }
    const [slice] = synced(serviceWith({}, { a: 'b' }), [podWith(1, { spec: hostname })])
    expect(slice).toEqual({
      metadata: {
        name: expect.any(String),
        generateName: 'web-',
        namespace: 'shop',
        labels: {
          a: 'b',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            name: 'web',
            uid: 'service',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      addressType: 'IPv4',
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.1.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          hostname: 'first',
          targetRef: { kind: 'Pod', namespace: 'shop', name: 'pod-1', uid: 'uid-1' },
          nodeName: 'node',
          zone: 'west',
        },
      ],
    })
  })

  it.each([
    [{}, false, { ready: true, serving: true, terminating: false }],
    [{ ready: false }, false, { ready: false, serving: false, terminating: false }],
    [{ ending: true }, false, { ready: false, serving: true, terminating: true }],
    [{ ready: false, ending: true }, false, { ready: false, serving: false, terminating: true }],
    [{ ready: false, ending: true }, true, { ready: true, serving: false, terminating: true }],
  ])('have for %j (all published: %s) %j', (how, publishNotReadyAddresses, conditions) => {
    const [slice] = synced(serviceWith({ publishNotReadyAddresses }), [podWith(1, how)])
    expect(slice?.endpoints?.[0]?.conditions).toEqual(conditions)
  })

  it('are one without endpoints when there are no Pods, and as many as there are families', () => {
    const service = serviceWith({ clusterIP: 'None', ipFamilies: ['IPv4', 'IPv6'] })
    const slices = synced(service, [])
    expect(slices.map(({ addressType, ports, endpoints }) => [addressType, ports, endpoints])).toEqual([
      ['IPv4', [], []],
      ['IPv6', [], []],
    ])
    expect(slices[0]?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '')
    expect(sizes(plan(service, [], slices))).toEqual([0, 0, 0])
    const filled = synced(service, pods(1), slices)
    expect(filled.map(({ endpoints }) => endpoints?.[0]?.addresses)).toEqual([['10.1.0.1'], ['fd00::1']])
    expect(filled.map(({ metadata }) => metadata.name)).toEqual(slices.map(({ metadata }) => metadata.name))
    const emptied = plan(service, [], filled)
    expect(sizes(emptied)).toEqual([0, 2, 0])
    expect(after(filled, emptied).map(({ endpoints }) => endpoints)).toEqual([[], []])
  })

  it('are apart for Pods whose port of the name is another', () => {
    const serving = (containerPort: number) => ({
      nodeName: 'node',
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort }] }],
    })
    const service = serviceWith({ ports: [{ name: 'http', port: 80, targetPort: 'http' }] })
    const slices = synced(service, [
      podWith(1, { spec: serving(8080) }),
      podWith(2, { spec: serving(8081) }),
      podWith(3),
    ])
    expect(slices.map(({ ports }) => (ports ?? []).map(({ port }) => port))).toEqual([[8080], [8081], []])
  })

  it('leave out Pods whose node is not known, unless all are published', () => {
    const pod = podWith(1, { spec: { nodeName: 'gone' } })
    expect(namesIn(synced(serviceWith(), [pod]))).toEqual([])
    expect(namesIn(synced(serviceWith({ publishNotReadyAddresses: true }), [pod]))).toEqual(['pod-1'])
  })

  it('stay where they are, but for what has changed', () => {
    const service = serviceWith()
    const slices = synced(service, pods(1, 2, 3, 4))
    expect(slices.map(({ endpoints }) => endpoints?.length)).toEqual([3, 1])
    const grown = plan(service, pods(1, 2, 3, 4, 5), slices)
    expect(sizes(grown)).toEqual([0, 1, 0])
    expect(grown.update[0]?.metadata.name).toBe(slices[1]?.metadata.name)
    const replaced = plan(service, pods(1, 3, 4, 5), slices)
    expect(sizes(replaced)).toEqual([0, 1, 0])
    expect(namesIn(replaced.update)).toEqual(['pod-1', 'pod-3', 'pod-5'])
    const unready = plan(service, [...pods(1, 2, 3), podWith(4, { ready: false })], slices)
    expect(sizes(unready)).toEqual([0, 1, 0])
    expect(sizes(plan(service, pods(1, 2, 3), slices))).toEqual([0, 0, 1])
  })

  it('have the labels of the Service', () => {
    const slices = synced(serviceWith({}, { a: 'b' }), pods(1))
    expect(sizes(plan(serviceWith({}, { a: 'b' }), pods(1), slices))).toEqual([0, 0, 0])
    const relabelled = plan(serviceWith({}, { a: 'c' }), pods(1), slices)
    expect(relabelled.update[0]?.metadata.labels).toHaveProperty('a', 'c')
  })

  it('are not those of one that had the name before', () => {
    const slices = synced(serviceWith(), pods(1))
    const service = serviceWith()
    const another = { ...service, metadata: { ...service.metadata, uid: 'another' } }
    const { create, update, remove } = plan(another, pods(1), slices)
    expect([create.length, update.length, remove]).toEqual([1, 0, slices])
  })

  it('have each endpoint once, none beyond the limit, and are then at rest, whatever came before', () => {
    const selection = fc.uniqueArray(fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(fc.array(selection, { minLength: 1, maxLength: 6 }), (selections) => {
        const service = serviceWith()
        let slices: EndpointSlice[] = []
        for (const indexes of selections) {
          slices = synced(service, pods(...indexes), slices)
          expect(namesIn(slices).toSorted()).toEqual(indexes.map((index) => `pod-${index}`).toSorted())
          expect(slices.length).toBeGreaterThan(0)
          expect(slices.every(({ endpoints }) => (endpoints ?? []).length <= MOST)).toBe(true)
          expect(sizes(plan(service, pods(...indexes), slices))).toEqual([0, 0, 0])
        }
      }),
    )
  })
})
