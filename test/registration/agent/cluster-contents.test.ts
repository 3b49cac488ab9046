import { describe, expect, it } from 'vitest'
import type { Node } from '../../../src/apis/core/node.ts'
import { selectClaims } from '../../../src/registration/agent/status/claim-selection.ts'
import { clusterResources } from '../../../src/registration/agent/status/cluster-resources.ts'
import { managedNamespaceLabel } from '../../../src/registration/agent/status/managed-namespaces.ts'
import { sumQuantities } from '../../../src/registration/agent/status/quantity-sum.ts'
import { mergePatch } from '../../../src/registration/agent/status/status-patch.ts'

function node(name: string, cpu: string, more: Partial<Node['spec']> = {}): Node {
  return { metadata: { name }, spec: more, status: { capacity: { cpu }, allocatable: { cpu } } }
}

function claim(name: string, value = name, labels: Record<string, string> = {}) {
  return { metadata: { name, labels }, spec: { value } }
}

describe('a sum of quantities', () => {
  it.each([
    [['1', '500m'], '1500m'],
    [['500m', '500m'], '1'],
    [['1Gi', '1Gi'], '2Gi'],
    [['1Gi', '512Mi'], '1536Mi'],
    [['16393224Ki', '1Ki'], '16393225Ki'],
    [['0', '2Gi'], '2Gi'],
    [['1Gi', '1G'], '2073741824'],
    [['1e3', '1'], '1001'],
    [['0.5', '1.25'], '1750m'],
    [['1k'], '1k'],
    [['-1', '1'], '0'],
    [['nonsense', '3'], '3'],
    [[], '0'],
  ])('of %j is %s', (texts, sum) => {
    expect(sumQuantities(texts)).toBe(sum)
  })
})

describe('the resources of a cluster', () => {
  it('are those of all nodes, and for Pods those of nodes that take any', () => {
    const nodes = [node('a', '2'), node('b', '1500m', { unschedulable: true })]
    expect(clusterResources(nodes)).toEqual({ capacity: { cpu: '3500m' }, allocatable: { cpu: '2' } })
  })

  it('keep what others say of the capacity', () => {
    const { capacity } = clusterResources([node('a', '2')], { cpu: '7', sockets: 3 })
    expect(capacity).toEqual({ cpu: '2', sockets: '3' })
  })
})

describe('the claims that a hub is told of', () => {
  const options = { reservedSuffixes: ['.mine'], mostCustom: 2 }

  it('are the reserved ones first, and then as many others as are allowed, by name', () => {
    const names = ['z', 'a', 'id.k8s.io', 'm', 'platform.open-cluster-management.io', 'x.mine']
    const { claims, customCount } = selectClaims(
      { claims: names.map((name) => claim(name)), properties: [] },
      options,
    )
    expect(claims.map(({ name }) => name)).toEqual([
      'id.k8s.io',
      'platform.open-cluster-management.io',
      'x.mine',
      'a',
      'm',
    ])
    expect(customCount).toBe(3)
  })

  it('are not those for the cluster alone, and a property counts more than a claim', () => {
    const { claims } = selectClaims(
      {
        claims: [claim('a', 'claimed'), claim('b', 'b', { 'open-cluster-management.io/spoke-only': '' })],
        properties: [claim('a', 'property')],
      },
      options,
    )
    expect(claims).toEqual([{ name: 'a', value: 'property' }])
  })

  it('are only those that the hub takes: others would have it refuse all that it is told', () => {
    const { claims, customCount, unfit } = selectClaims(
      {
        claims: [claim('a', ''), { metadata: { name: 'b' } }, claim('id.k8s.io', '€'.repeat(1024))],
        properties: [
          claim('c', 'x'.repeat(1025)),
          claim('d', '😀'.repeat(1024)),
          claim('e', '😀'.repeat(1025)),
        ],
      },
      options,
    )
    expect(claims.map(({ name }) => name)).toEqual(['id.k8s.io', 'd'])
    expect(customCount).toBe(1)
    expect(unfit).toEqual(['a', 'b', 'c', 'e'])
  })

  it('may be called like anything', () => {
    const { claims } = selectClaims({ claims: [claim('__proto__', 'x')], properties: [] }, options)
    expect(claims).toEqual([{ name: '__proto__', value: 'x' }])
  })
})

describe('the label of namespaces that a hub manages', () => {
  it('is as long as a label may be', () => {
    const label = managedNamespaceLabel('https://hub.example:6443')
    expect(label).toMatch(/^clusterset\.open-cluster-management\.io\/[0-9a-f]{63}$/)
    expect(managedNamespaceLabel('https://other.example:6443')).not.toBe(label)
  })
})

describe('a patch of a status', () => {
  it('names what has changed, and takes away what is gone', () => {
    const before = { a: 1, map: { x: '1', y: '2' }, list: [1] }
    expect(mergePatch(before, { a: 1, map: { x: '1', z: '3' }, list: [1, 2] })).toEqual({
      map: { y: null, z: '3' },
      list: [1, 2],
    })
    expect(mergePatch(before, { ...before })).toBeUndefined()
    expect(mergePatch({ a: 1 }, {})).toEqual({ a: null })
    expect(mergePatch({}, { map: {}, list: [] })).toBeUndefined()
    expect(mergePatch({ list: [1] }, { list: [] })).toEqual({ list: [] })
  })
})
