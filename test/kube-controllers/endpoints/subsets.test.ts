import { describe, expect, it } from 'vitest'
import type { EndpointSubset, Pod, Service } from '../../../src/apis/core/v1.ts'
import { endpointsFor } from '../../../src/kube-controllers/endpoints/endpoints-controller.ts'
import { subsetsOf, truncated } from '../../../src/kube-controllers/endpoints/subsets.ts'

const serviceWith = (spec: Service['spec'], labels = {}): Service => ({
  metadata: { namespace: 'shop', name: 'web', labels },
  spec: { clusterIP: '10.0.0.1', selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
})
const podWith = (
  name: string,
  more: { ready?: boolean; ip?: string; spec?: Pod['spec']; phase?: 'Failed' } = {},
) =>
  ({
    metadata: { namespace: 'shop', name, uid: `uid-${name}` },
    spec: { nodeName: 'node', ...more.spec },
    status: {
      phase: more.phase ?? 'Running',
      podIP: more.ip ?? '10.1.0.1',
      conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
    },
  }) satisfies Pod
const address = (name: string, ip: string) => ({
  ip,
  nodeName: 'node',
  targetRef: { kind: 'Pod', namespace: 'shop', name, uid: `uid-${name}` },
})
const PORT_80 = [{ port: 80, protocol: 'TCP' }]

describe('the subsets of Endpoints', () => {
  it('have the ready and the others, by their addresses', () => {
    const pods = [
      podWith('b', { ip: '10.1.0.2' }),
      podWith('a', { ip: '10.1.0.1' }),
      podWith('c', { ip: '10.1.0.3', ready: false }),
      podWith('over', { phase: 'Failed' }),
      podWith('new', { ip: '' }),
    ]
    expect(subsetsOf(serviceWith({}), pods)).toEqual([
      {
        addresses: [address('a', '10.1.0.1'), address('b', '10.1.0.2')],
        notReadyAddresses: [address('c', '10.1.0.3')],
        ports: PORT_80,
      },
    ])
  })

  it('are apart for Pods whose port of the name is another', () => {
    const serving = (containerPort: number) => ({
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort }] }],
    })
    const sidecar = {
      initContainers: [
        { name: 'first', ports: [{ name: 'http', containerPort: 1 }] },
        { name: 'beside', restartPolicy: 'Always' as const, ports: [{ name: 'http', containerPort: 8082 }] },
      ],
    }
    const pods = [
      podWith('a', { spec: serving(8080) }),
      podWith('b', { ip: '10.1.0.2', spec: serving(8081) }),
      podWith('c', { ip: '10.1.0.3', spec: sidecar }),
      podWith('none'),
    ]
    const service = serviceWith({
      ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'h2c' }],
    })
    const subsets = subsetsOf(service, pods)
    expect(subsets.map(({ ports, addresses }) => [ports?.[0]?.port, addresses?.[0]?.ip])).toEqual([
      [8080, '10.1.0.1'],
      [8081, '10.1.0.2'],
      [8082, '10.1.0.3'],
    ])
    expect(subsets[0]?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'h2c' }])
  })

  it('have all as ready where all are published, even while they end', () => {
    const ending = { ...podWith('a', { ready: false }) }
    const pod: Pod = {
      ...ending,
      metadata: { ...ending.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    }
    expect(subsetsOf(serviceWith({}), [pod])).toEqual([])
    expect(subsetsOf(serviceWith({ publishNotReadyAddresses: true }), [pod])[0]?.addresses).toHaveLength(1)
  })

  it('of a headless Service need no ports, and may have hostnames', () => {
    const pod = podWith('a', { spec: { nodeName: 'node', hostname: 'first', subdomain: 'web' } })
    const service = serviceWith({ clusterIP: 'None', ports: [] })
    expect(subsetsOf(service, [pod])).toEqual([
      { addresses: [{ ...address('a', '10.1.0.1'), hostname: 'first' }] },
    ])
    expect(subsetsOf(serviceWith({ ports: [] }), [pod])).toEqual([])
  })

  it('are of the family of the Service', () => {
    const pod = podWith('a')
    const both: Pod = { ...pod, status: { ...pod.status, podIPs: [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }] } }
    const ipOf = (service: Service) => subsetsOf(service, [both])[0]?.addresses?.[0]?.ip
    expect(ipOf(serviceWith({}))).toBe('10.1.0.1')
    expect(ipOf(serviceWith({ ipFamilies: ['IPv6', 'IPv4'] }))).toBe('fd00::1')
    expect(ipOf(serviceWith({ clusterIP: 'fd00::2' }))).toBe('fd00::1')
  })
})

describe('too many addresses', () => {
  const many = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ ip: `${prefix}.${index}` }))
  const counts = (subsets: readonly EndpointSubset[]) =>
    subsets.map(({ addresses = [], notReadyAddresses = [] }) => [addresses.length, notReadyAddresses.length])

  it.each<[string, [number, number][], [number, number][]]>([
    ['are not there', [[5, 5]], [[5, 5]]],
    ['are not ready', [[6, 8]], [[6, 4]]],
    ['are ready', [[12, 3]], [[10, 0]]],
    [
      'are in several subsets',
      [
        [10, 1],
        [5, 1],
      ],
      [
        [7, 0],
        [3, 0],
      ],
    ],
  ])('%s', (_, given, kept) => {
    const subsets = given.map(([ready, notReady]) => ({
      addresses: many('10.1', ready),
      notReadyAddresses: many('10.2', notReady),
    }))
    expect(counts(truncated(subsets, 10))).toEqual(kept)
  })

  it('are said to have been left out', () => {
    const pods = Array.from({ length: 1001 }, (_, index) => podWith(`p${index}`, { ip: `10.1.0.${index}` }))
    const endpoints = endpointsFor(serviceWith({}), pods)
    expect(endpoints.subsets?.[0]?.addresses).toHaveLength(1000)
    expect(endpoints.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' })
    expect(endpointsFor(serviceWith({}), pods.slice(0, 3), endpoints).metadata.annotations).toEqual({})
  })
})

describe('the labels of Endpoints', () => {
  it("are the Service's, and say what it is", () => {
    const managed = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }
    expect(endpointsFor(serviceWith({}, { a: 'b' }), []).metadata.labels).toEqual({ a: 'b', ...managed })
    expect(endpointsFor(serviceWith({ clusterIP: 'None' }), []).metadata.labels).toEqual({
      'service.kubernetes.io/headless': '',
      ...managed,
    })
  })
})
