import { describe, expect, it } from 'vitest'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const KEY = 'endpointslices.discovery.k8s.io'
const slice = (more: object) => ({ metadata: { name: 's' }, addressType: 'IPv4', ...more })
const endpoints = (more: object) => ({ endpoints: [{ addresses: ['10.0.0.1'], ...more }] })

describe('an endpoint slice', () => {
  it('has ports of TCP, of which one may have no name', async () => {
    expect(await createdAs(KEY, slice({ ports: [{ port: 80 }] }))).toMatchObject({
      metadata: { generation: 1 },
      ports: [{ name: '', protocol: 'TCP', port: 80 }],
    })
  })

  it.each([
    [{ addressType: '' }, ['addressType: Required value']],
    [
      { addressType: 'IP' },
      ['addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"'],
    ],
    [
      endpoints({ addresses: [] }),
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    [
      endpoints({ addresses: ['127.0.0.1'] }),
      [
        'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      { addressType: 'FQDN', endpoints: [{ addresses: ['host'] }] },
      [
        'endpoints[0].addresses[0]: Invalid value: "host": should be a domain with at least two segments separated by dots',
      ],
    ],
    [{ ports: [{ name: 'a' }, { name: 'a' }] }, ['ports[1].name: Duplicate value: "a"']],
    [
      { ports: [{ protocol: 'ICMP' }] },
      ['ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      endpoints({ hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
      ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
    ],
    [
      endpoints({ addresses: Array(101).fill('10.0.0.1') }),
      ['endpoints[0].addresses: Too many: 101: must have at most 100 items'],
    ],
  ])('with %j', async (more, causes) => {
    expect(await causesOfCreating(KEY, slice(more))).toEqual(causes)
  })

  it('keeps the type of its addresses', async () => {
    expect(await causesOfMerging(KEY, slice({}), { addressType: 'IPv6' })).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ])
  })
})
