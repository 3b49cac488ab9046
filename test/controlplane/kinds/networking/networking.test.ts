import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStrictSubset, parseCidr } from '../../../../src/controlplane/kinds/networking/cidr.ts'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const GROUP = 'networking.k8s.io'
const named = (spec: object) => ({ metadata: { name: 'n' }, spec })
const backend = { service: { name: 's', port: { number: 80 } } }
const ingress = (spec: object) => named({ defaultBackend: backend, ...spec })
const path = (more: object) => ({
  rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...more }] } }],
})
const AT = 'spec.rules[0].http.paths[0]'

describe('an ingress', () => {
  it.each([
    [
      { defaultBackend: undefined },
      ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      { rules: [{ host: '10.0.0.1' }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [{ rules: [{ host: '*.example.com' }] }, []],
    [{ rules: [{ http: { paths: [] } }] }, ['spec.rules[0].http.paths: Required value']],
    [path({ pathType: undefined }), [`${AT}.pathType: Required value: pathType must be specified`]],
    [
      path({ pathType: 'Other' }),
      [
        `${AT}.pathType: Unsupported value: "Other": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
      ],
    ],
    [
      path({ path: 'a//b' }),
      [
        `${AT}.path: Invalid value: "a//b": must be an absolute path`,
        `${AT}.path: Invalid value: "a//b": must not contain '//'`,
      ],
    ],
    [path({ path: '/a/..' }), [`${AT}.path: Invalid value: "/a/..": cannot end with '/..'`]],
    [path({ backend: {} }), [`${AT}.backend: Invalid value: "": resource or service backend is required`]],
    [
      path({ backend: { service: { name: 's' } } }),
      [`${AT}.backend: Required value: port name or number is required`],
    ],
    [
      path({ backend: { resource: { kind: 'K', name: '' } } }),
      [`${AT}.backend.resource.name: Required value: name is required`],
    ],
  ])('with %j: %j', async (spec, causes) => {
    expect(await causesOfCreating(`ingresses.${GROUP}`, ingress(spec))).toEqual(causes)
  })

  it('has a host that is a name below another one', async () => {
    const causes = await causesOfCreating(`ingresses.${GROUP}`, ingress({ tls: [{ hosts: ['a.*'] }] }))
    expect(causes).toEqual([
      expect.stringMatching(/^spec\.tls\[0\]\.hosts\[0\]: Invalid value: "a\.\*": a wildcard DNS-1123/),
    ])
  })

  it('has one class', async () => {
    const annotations = { 'kubernetes.io/ingress.class': 'a' }
    const body = { ...ingress({ ingressClassName: 'b' }), metadata: { name: 'n', annotations } }
    expect(await causesOfCreating(`ingresses.${GROUP}`, body)).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ])
  })

  it('is reached at addresses', async () => {
    const status = { loadBalancer: { ingress: [{ ip: 'x' }, { hostname: '1.2.3.4' }] } }
    expect(await causesOfMerging(`ingresses.${GROUP}`, ingress({}), { status }, 'status')).toEqual([
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ])
  })
})

describe('a class of ingresses', () => {
  const KEY = `ingressclasses.${GROUP}`
  const parameters = { kind: 'K', name: 'p' }

  it('has parameters for the whole cluster by default', async () => {
    const body = named({ controller: 'example.com/c', parameters })
    expect(await createdAs(KEY, body)).toMatchObject({ spec: { parameters: { scope: 'Cluster' } } })
  })

  it.each([
    [{}, ['spec.controller: Required value']],
    [
      { controller: 'c' },
      ['spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      { controller: 'a.io/c', parameters: { ...parameters, namespace: 'n' } },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      { controller: 'a.io/c', parameters: { ...parameters, scope: 'Namespace' } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
  ])('of %j: %j', async (spec, causes) => {
    expect(await causesOfCreating(KEY, named(spec))).toEqual(causes)
  })

  it('keeps its controller', async () => {
    const causes = await causesOfMerging(KEY, named({ controller: 'a.io/c' }), {
      spec: { controller: 'a.io/d' },
    })
    expect(causes).toEqual(['spec.controller: Invalid value: "a.io/d": field is immutable'])
  })
})

describe('a network policy', () => {
  const KEY = `networkpolicies.${GROUP}`

  it('is about what comes in, and about what goes out where it says so', async () => {
    expect(await createdAs(KEY, named({}))).toMatchObject({ spec: { policyTypes: ['Ingress'] } })
    expect(await createdAs(KEY, named({ egress: [{ ports: [{ port: 53 }] }] }))).toMatchObject({
      spec: { policyTypes: ['Ingress', 'Egress'], egress: [{ ports: [{ protocol: 'TCP', port: 53 }] }] },
    })
  })

  const from = (peer: object) => ({ ingress: [{ from: [peer] }] })
  const ports = (port: object) => ({ ingress: [{ ports: [port] }] })
  it.each([
    [from({}), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    [
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '11.0.0.0/16', '10.0.0.0/8'] } }),
      [
        'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      ],
    ],
    [
      ports({ port: 0 }),
      ['spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    ],
    [
      ports({ port: 10, endPort: 9 }),
      ['spec.ingress[0].ports[0].endPort: Invalid value: 10: must be greater than or equal to `port`'],
    ],
    [
      ports({ endPort: 9 }),
      [
        'spec.ingress[0].ports[0].endPort: Invalid value: 9: may not be specified when `port` is not specified',
      ],
    ],
    [
      { policyTypes: ['In'] },
      ['spec.policyTypes[0]: Unsupported value: "In": supported values: "Ingress", "Egress"'],
    ],
  ])('with %j: %j', async (spec, causes) => {
    expect(await causesOfCreating(KEY, named(spec))).toEqual(causes)
  })
})

describe('addresses and ranges', () => {
  const parentRef = { resource: 'services', namespace: 'n', name: 's' }

  it.each([
    ['10.0.0.1', []],
    ['2001:db8::1', []],
    [
      '2001:db8:0::1',
      ['metadata.name: Invalid value: "2001:db8:0::1": must be in canonical form ("2001:db8::1")'],
    ],
    [
      'x',
      ['metadata.name: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
  ])('%s is the name of one', async (name, causes) => {
    const body = { metadata: { name }, spec: { parentRef } }
    expect(await causesOfCreating(`ipaddresses.${GROUP}`, body)).toEqual(causes)
  })

  it.each([
    [[], ['spec.cidrs: Required value: at least one CIDR required']],
    [['10.0.0.0/8', '2001:db8::/64'], []],
    [
      ['10.0.0.1/8'],
      ['spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length'],
    ],
    [
      ['2001:db8:0::/64'],
      ['spec.cidrs[0]: Invalid value: "2001:db8:0::/64": must be in canonical form ("2001:db8::/64")'],
    ],
    [
      ['10.0.0.0/8', '11.0.0.0/8'],
      [
        'spec.cidrs: Invalid value: {"cidrs":["10.0.0.0/8","11.0.0.0/8"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
  ])('%j are ranges of services', async (cidrs, causes) => {
    expect(await causesOfCreating(`servicecidrs.${GROUP}`, named({ cidrs }))).toEqual(causes)
  })

  it('of which none is a part of itself, and each but the widest of a wider one', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (address, prefix) => {
        const inner = parseCidr(`${address}/${prefix}`)
        const outer = parseCidr(`${address}/${prefix - 1}`)
        if (!inner || !outer) throw new Error('not a range')
        return isStrictSubset(inner, outer) && !isStrictSubset(inner, inner) && !isStrictSubset(outer, inner)
      }),
    )
  })
})
