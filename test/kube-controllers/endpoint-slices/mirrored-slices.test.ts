import { describe, expect, it } from 'vitest'
import type { Endpoints, Service } from '../../../src/apis/core/v1.ts'
import {
  isMirrored,
  planForEndpoints,
} from '../../../src/kube-controllers/endpoint-slices/mirrored-slices.ts'

const endpointsWith = (subsets: Endpoints['subsets'], metadata = {}): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { namespace: 'shop', name: 'db', uid: 'endpoints', ...metadata },
  ...(subsets && { subsets }),
})

describe('Endpoints', () => {
  const service: Service = { metadata: { name: 'db' }, spec: {} }

  it.each<[string, Endpoints, Service | undefined, boolean]>([
    ['of a Service without a selector', endpointsWith([]), service, true],
    ['of a Service with one', endpointsWith([]), { ...service, spec: { selector: { a: 'b' } } }, false],
    ['of no Service', endpointsWith([]), undefined, false],
    [
      'that want to be left alone',
      endpointsWith([], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }),
      service,
      false,
    ],
    [
      'that leaders are elected by',
      endpointsWith([], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }),
      service,
      false,
    ],
  ])('%s are mirrored: %3$s', (_, endpoints, owner, mirrored) => {
    expect(isMirrored(endpoints, owner)).toBe(mirrored)
  })
})

describe('mirrored slices', () => {
  it('say what Endpoints say, each family in one of its own', () => {
    const endpoints = endpointsWith(
      [
        {
          addresses: [{ ip: '10.9.0.1', hostname: 'one' }, { ip: 'fd00::1' }],
          notReadyAddresses: [{ ip: '10.9.0.2' }, { ip: 'nonsense' }],
          ports: [{ name: 'sql', port: 5432 }],
        },
      ],
      {
        labels: { a: 'b' },
        annotations: { note: 'x', 'endpoints.kubernetes.io/last-change-trigger-time': 'y' },
      },
    )
    const { create, update, remove } = planForEndpoints(endpoints, [])
    expect([update, remove]).toEqual([[], []])
    expect(create.map(({ addressType, ports, endpoints: all }) => [addressType, ports, all])).toEqual([
      [
        'IPv4',
        [{ name: 'sql', port: 5432, protocol: 'TCP' }],
        [
          { addresses: ['10.9.0.1'], conditions: { ready: true }, hostname: 'one' },
          { addresses: ['10.9.0.2'], conditions: { ready: false } },
        ],
      ],
      [
        'IPv6',
        [{ name: 'sql', port: 5432, protocol: 'TCP' }],
        [{ addresses: ['fd00::1'], conditions: { ready: true } }],
      ],
    ])
    expect(create[0]?.metadata).toMatchObject({
      generateName: 'db-',
      labels: {
        a: 'b',
        'kubernetes.io/service-name': 'db',
        'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      },
      annotations: { note: 'x' },
      ownerReferences: [{ kind: 'Endpoints', uid: 'endpoints', controller: true }],
    })
    expect(planForEndpoints(endpoints, create)).toEqual({ create: [], update: [], remove: [] })
    expect(planForEndpoints(endpointsWith(null), create).remove).toEqual(create)
  })
})
