import { describe, expect, it } from 'vitest'
import { referenceTo, virtualNode } from '../../../src/kube-controllers/garbage-collection/graph-node.ts'

const reference = (uid: string, name = uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid })

describe('referenceTo', () => {
  it.each([2, 30_000])('finds how a node with %i owners names each', (count) => {
    const owners = Array.from({ length: count }, (_, index) => reference(`uid-${index}`))
    const node = { ...virtualNode('node'), owners: [...owners, reference('uid-0', 'again')] }
    expect(referenceTo(node, 'uid-0')).toBe(owners[0])
    for (const owner of owners) if (referenceTo(node, owner.uid) !== owner) expect.fail(owner.uid)
    expect(referenceTo(node, 'nobody')).toBeUndefined()

    node.owners = node.owners.slice(1, -1)
    expect(referenceTo(node, 'uid-0')).toBeUndefined()
  })
})
