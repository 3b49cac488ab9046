import { describe, expect, it } from 'vitest'
import type { Service, ServicePort } from '../../../src/apis/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../../src/apis/discovery/v1.ts'
import { nameTable } from '../../../src/local-cluster/network/name-table.ts'
import { podHosts } from '../../../src/local-cluster/network/pod-hosts.ts'
import { listenersOf } from '../../../src/local-cluster/network/service-endpoints.ts'

const service = (name: string, spec: NonNullable<Service['spec']>): Service => ({
  metadata: { namespace: 'shop', name },
  spec,
})

const endpoint = (
  address: string,
  conditions: Endpoint['conditions'] = { ready: true },
  hostname?: string,
): Endpoint => ({
  addresses: [address],
  ...(conditions && { conditions }),
  ...(hostname && { hostname }),
})

const slice = (
  endpoints: Endpoint[],
  ports: EndpointSlice['ports'] = [{ name: '', port: 8080 }],
): EndpointSlice => ({
  metadata: { namespace: 'shop', name: 'x' },
  addressType: 'IPv4',
  endpoints,
  ports: ports ?? null,
})

const HTTP: ServicePort[] = [{ port: 80, protocol: 'TCP' }]
const WEB = service('web', { clusterIP: '127.185.0.9', ports: HTTP })
const ENDING = { ready: false, serving: true, terminating: true }

describe('listenersOf', () => {
  const endpointsOf = (slices: EndpointSlice[], of: Service = WEB) =>
    listenersOf({ service: of, slices }).map(({ id, endpoints }) => [
      id,
      endpoints.map(({ host, port }) => `${host}:${port}`),
    ])

  it('sends to what is ready, once each, of all slices', () => {
    const slices = [
      slice([endpoint('127.64.0.2'), endpoint('127.64.0.3', { ready: false }), endpoint('127.64.0.4', {})]),
      slice([endpoint('127.64.0.2'), endpoint('127.64.0.5', ENDING)]),
    ]
    expect(endpointsOf(slices)).toEqual([['127.185.0.9:80', ['127.64.0.2:8080', '127.64.0.4:8080']]])
  })

  it('sends to what serves while it ends when nothing is ready', () => {
    const slices = [
      slice([
        endpoint('127.64.0.5', ENDING),
        endpoint('127.64.0.6', { ready: false, serving: false, terminating: true }),
        endpoint('127.64.0.7', { ready: false, serving: true }),
      ]),
    ]
    expect(endpointsOf(slices)).toEqual([['127.185.0.9:80', ['127.64.0.5:8080']]])
  })

  it('goes by the names of ports, which differ from slice to slice', () => {
    const named = service('web', {
      clusterIP: '127.185.0.9',
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'admin', port: 81, nodePort: 30081 },
      ],
    })
    const slices = [
      slice(
        [endpoint('127.64.0.2')],
        [
          { name: 'http', port: 8080 },
          { name: 'admin', port: 9090 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      ),
      slice([endpoint('127.64.0.3')], [{ name: 'http', port: 8888 }]),
    ]
    expect(endpointsOf(slices, named)).toEqual([
      ['127.185.0.9:80', ['127.64.0.2:8080', '127.64.0.3:8888']],
      ['127.185.0.9:81', ['127.64.0.2:9090']],
      ['127.0.0.1:30081', ['127.64.0.2:9090']],
    ])
  })

  it.each<[string, Service, EndpointSlice[]]>([
    ['nobody is there', WEB, []],
    ['nobody is ready', WEB, [slice([endpoint('127.64.0.2', { ready: false })])]],
    ['there are no lists', WEB, [{ ...slice([]), endpoints: null, ports: null }]],
    ['it is headless', service('web', { clusterIP: 'None', ports: HTTP }), [slice([endpoint('127.64.0.2')])]],
    ['it is elsewhere', service('web', { type: 'ExternalName', externalName: 'x', ports: HTTP }), []],
    ['the address is a name', WEB, [{ ...slice([endpoint('example.com')]), addressType: 'FQDN' }]],
  ])('listens for nothing where %s', (_why, of, slices) => {
    expect(listenersOf({ service: of, slices })).toEqual([])
  })

  it('keeps clients at their endpoint for as long as the Service says', () => {
    const sticky = (more: object) => service('web', { clusterIP: '127.185.0.9', ports: HTTP, ...more })
    const affinityOf = (of: Service) =>
      listenersOf({ service: of, slices: [slice([endpoint('127.64.0.2')])] })[0]?.affinityMs
    expect(affinityOf(WEB)).toBeUndefined()
    expect(affinityOf(sticky({ sessionAffinity: 'ClientIP' }))).toBe(10_800_000)
    const config = { clientIP: { timeoutSeconds: 5 } }
    expect(affinityOf(sticky({ sessionAffinity: 'ClientIP', sessionAffinityConfig: config }))).toBe(5_000)
  })
})

describe('nameTable', () => {
  it('has what cluster DNS would say', () => {
    const ready = endpoint('127.64.0.2', { ready: true }, 'db-0')
    const table = nameTable(
      [
        { service: WEB, slices: [slice([ready])] },
        { service: service('out', { type: 'ExternalName', externalName: 'example.com' }), slices: [] },
        {
          service: service('none', { clusterIP: 'None' }),
          slices: [slice([endpoint('127.64.0.9', { ready: false })])],
        },
        {
          service: service('db', { clusterIP: 'None' }),
          slices: [slice([ready, endpoint('127.64.0.3', {}, 'db-1')]), slice([ready])],
        },
      ],
      'cluster.local',
      new Map([['127.185.0.1:443', 40001]]),
    )
    expect(table).toEqual({
      domain: 'cluster.local',
      addresses: {
        'web.shop': ['127.185.0.9'],
        'db.shop': ['127.64.0.2', '127.64.0.3'],
        'db-0.db.shop': ['127.64.0.2'],
        'db-1.db.shop': ['127.64.0.3'],
      },
      aliases: { 'out.shop': 'example.com' },
      ports: { '127.185.0.1:443': 40001 },
    })
  })
})

describe('podHosts', () => {
  it('has the Pod under its names, and its aliases', () => {
    const metadata = { namespace: 'shop', name: 'db-0' }
    const hostAliases = [{ ip: '192.0.2.1', hostnames: ['one', 'two'] }]
    expect(
      podHosts({ metadata, spec: { subdomain: 'db', hostAliases } }, '127.64.0.2', 'cluster.local').split(
        '\n',
      ),
    ).toEqual([
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost\tip6-localhost\tip6-loopback',
      '127.64.0.2\tdb-0.db.shop.svc.cluster.local\tdb-0',
      '192.0.2.1\tone\ttwo',
      '',
    ])
  })

  it('goes by the hostname, as much of it as a system can have', () => {
    const of = (name: string, spec = {}) =>
      podHosts({ metadata: { namespace: 'shop', name }, spec }, '127.64.0.2', 'd')
    expect(of('web', { hostname: 'front' })).toContain('127.64.0.2\tfront\n')
    expect(of(`${'x'.repeat(62)}-yy`)).toContain(`127.64.0.2\t${'x'.repeat(62)}\n`)
  })
})
