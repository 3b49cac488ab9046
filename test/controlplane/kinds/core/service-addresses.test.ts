import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../../src/controlplane/api/status.ts'
import { type Service, ServiceAddresses } from '../../../../src/controlplane/kinds/core/index.ts'
import type { ServiceSpec } from '../../../../src/controlplane/kinds/core/service-shape.ts'
import { decoded, strategyFor } from './recorded-write.ts'

const STRATEGY = strategyFor('services')

function service(spec: ServiceSpec): Service {
  const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec }
  return STRATEGY.withDefaults(decoded(body)) as Service
}

const WEB: ServiceSpec = { selector: { app: 'a' }, ports: [{ port: 80, targetPort: 80 }] }
const NODE_PORT: ServiceSpec = { ...WEB, type: 'NodePort' }

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof StatusError) return error.message
    throw error
  }
  throw new Error('was not refused')
}

describe('ServiceAddresses', () => {
  it('never gives two services the same address or node port', () => {
    const spec = fc.constantFrom<ServiceSpec>(WEB, NODE_PORT, { ...WEB, clusterIP: '10.0.0.5' })
    const step = fc.record({ spec, outcome: fc.constantFrom('keep', 'giveBack', 'release') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/27'], nodePorts: [30000, 30009] })
        const held: Service[] = []
        for (const { spec, outcome } of steps) {
          try {
            const assignment = addresses.assign(service(spec))
            if (outcome === 'giveBack') assignment.giveBack()
            else assignment.keep()
            if (outcome === 'keep') held.push(assignment.service)
            if (outcome === 'release') addresses.release(assignment.service)
          } catch (error) {
            expect(error).toBeInstanceOf(StatusError)
          }
        }
        const ips = held.map(({ spec }) => spec.clusterIP)
        const ports = held.flatMap(({ spec }) => spec.ports ?? []).flatMap(({ nodePort }) => nodePort ?? [])
        expect(new Set(ips).size).toBe(ips.length)
        expect(new Set(ports).size).toBe(ports.length)
      }),
    )
  })

  it('gives out neither the first nor the last address of a range, and then no more', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/29'] })
    const given = Array.from({ length: 6 }, () => addresses.assign(service(WEB)).service.spec.clusterIP)
    expect(given.sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6'])
    expect(refusal(() => addresses.assign(service(WEB)))).toBe(
      'Internal error occurred: failed to allocate a serviceIP: range is full',
    )
  })

  it('refuses what is taken, or not its to give', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24'] })
    const taken = addresses.assign(service({ ...NODE_PORT, clusterIP: '10.0.0.10' })).service
    const port = taken.spec.ports?.[0]?.nodePort ?? 0
    const wanting = (spec: ServiceSpec) => refusal(() => addresses.assign(service(spec)))
    const nodePort = (number: number): ServiceSpec => ({
      ...NODE_PORT,
      ports: [{ port: 80, targetPort: 80, nodePort: number }],
    })
    expect(wanting({ ...WEB, clusterIP: '10.0.0.10' })).toBe(
      'Service "s" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.10"]: failed to allocate IP 10.0.0.10: provided IP is already allocated',
    )
    expect(wanting({ ...WEB, clusterIP: '10.9.0.10' })).toBe(
      'Service "s" is invalid: spec.clusterIPs: Invalid value: ["10.9.0.10"]: failed to allocate IP 10.9.0.10: the provided network does not match the current range',
    )
    expect(wanting(nodePort(port))).toBe(
      `Service "s" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
    )
    expect(wanting(nodePort(80))).toBe(
      'Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    )
    expect(wanting({ ...WEB, ipFamilyPolicy: 'RequireDualStack' })).toBe(
      'Service "s" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    )
    expect(wanting({ ...WEB, ipFamilies: ['IPv6'] })).toBe(
      'Service "s" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    )
  })

  it('takes nothing for a service that is refused half-way', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24'], nodePorts: [30000, 30000] })
    addresses.assign(service(NODE_PORT))
    refusal(() => addresses.assign(service({ ...NODE_PORT, clusterIP: '10.0.0.10' })))
    expect(addresses.assign(service({ ...WEB, clusterIP: '10.0.0.10' })).service.spec.clusterIP).toBe(
      '10.0.0.10',
    )
  })

  it('lets a replacement keep what it does not mention, and frees what it has no more', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24'], nodePorts: [30000, 30000] })
    const { service: old, keep } = addresses.assign(service(NODE_PORT))
    keep()
    const same = addresses.assign(service(NODE_PORT), old)
    same.keep()
    expect(same.service.spec).toEqual(old.spec)

    const smaller = addresses.assign(service(WEB), old)
    const prepared = STRATEGY.prepareForUpdate(smaller.service, old) as Service
    smaller.keep()
    expect(prepared.spec.clusterIP).toBe(old.spec.clusterIP)
    expect(prepared.spec).not.toHaveProperty('externalTrafficPolicy')
    expect(STRATEGY.validateUpdate(prepared, old)).toEqual([])
    expect(addresses.assign(service(NODE_PORT)).service.spec.ports?.[0]?.nodePort).toBe(30000)
  })

  it('knows of the services that were there before', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24'] })
    addresses.adopt(service({ ...WEB, clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] }))
    expect(refusal(() => addresses.assign(service({ ...WEB, clusterIP: '10.0.0.1' })))).toContain(
      'provided IP is already allocated',
    )
  })

  it('gives addresses of both families where there are both', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24', 'fd00::/112'], random: () => 0 })
    const { spec } = addresses.assign(service({ ...WEB, ipFamilyPolicy: 'PreferDualStack' })).service
    expect(spec).toMatchObject({
      clusterIP: '10.0.0.16',
      clusterIPs: ['10.0.0.16', 'fd00::100'],
      ipFamilies: ['IPv4', 'IPv6'],
    })
  })

  it('gives a balanced service with local traffic a port for health checks', () => {
    const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24'] })
    const spec: ServiceSpec = { ...WEB, type: 'LoadBalancer', externalTrafficPolicy: 'Local' }
    const assigned = addresses.assign(service(spec)).service
    expect(assigned.spec.healthCheckNodePort).toBeGreaterThanOrEqual(30000)
    expect(assigned.spec.healthCheckNodePort).not.toBe(assigned.spec.ports?.[0]?.nodePort)
    expect(STRATEGY.validate(STRATEGY.prepareForCreate(assigned))).toEqual([])
  })

  it.each([[[]], [['10.0.0.0']], [['10.0.0.0/31']], [['10.0.0.0/24', '10.0.1.0/24']]])(
    'does not begin with the ranges %j',
    (cidrs) => {
      expect(() => new ServiceAddresses({ cidrs })).toThrow(Error)
    },
  )
})

describe('what is wrong with a service', () => {
  it.each<[string, ServiceSpec, string[]]>([
    ['no ports', {}, ['spec.ports: Required value']],
    [
      'ports without names, twice the same',
      {
        ports: [
          { port: 80, targetPort: 80 },
          { port: 80, targetPort: 'a--b' },
        ],
      },
      [
        'spec.ports[0].name: Required value',
        'spec.ports[1].name: Required value',
        'spec.ports[1].targetPort: Invalid value: "a--b": must not contain consecutive hyphens',
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'a node port of a service inside',
      { ports: [{ port: 80, targetPort: 80, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    ['an external name that is none', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'no such type',
      { ...WEB, type: 'Any' },
      [
        'spec.type: Unsupported value: "Any": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'an affinity for too long',
      { ...WEB, sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'an address on the loopback',
      { ...WEB, externalIPs: ['127.0.0.1'] },
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      'who may come to a service that nobody can come to',
      { ...WEB, loadBalancerSourceRanges: ['10.0.0.0'], loadBalancerClass: 'a' },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
    ],
  ])('%s', (_, spec, errors) => {
    const found = STRATEGY.validate(STRATEGY.prepareForCreate(service(spec)))
    expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(errors)
  })

  it('has another address than before', () => {
    const old = service({ ...WEB, clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] })
    const changed = STRATEGY.prepareForUpdate(service({ ...old.spec, clusterIP: '10.0.0.2' }), old)
    expect(STRATEGY.validateUpdate(changed, old)).toMatchObject([
      { field: 'spec.clusterIPs[0]', message: 'Invalid value: ["10.0.0.2"]: may not change once set' },
    ])
  })
})
