import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubeObject, ObjectMeta } from '../../../src/apis/meta/v1.ts'
import { AbsentOwners } from '../../../src/kube-controllers/garbage-collection/absent-owners.ts'
import { DependencyGraph } from '../../../src/kube-controllers/garbage-collection/dependency-graph.ts'
import { onlyGraphed } from '../../../src/kube-controllers/garbage-collection/graph-node.ts'

const RESOURCE = {
  definition: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
  kind: 'ConfigMap',
  verbs: [],
}
const DELETED = '2026-01-01T00:00:00Z'

const reference = (uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid })
const object = (uid: string, owners: readonly string[] = [], more: ObjectMeta = {}): KubeObject => ({
  metadata: { uid, name: uid, namespace: 'ns', ownerReferences: owners.map(reference), ...more },
})

function graphWithNotes() {
  const notes: string[] = []
  const absent = new AbsentOwners()
  const graph = new DependencyGraph({
    absent,
    listener: {
      attemptToDelete: ({ uid }) => notes.push(`delete ${uid}`),
      attemptToOrphan: ({ uid }) => notes.push(`orphan ${uid}`),
      invalidNamespace: ({ uid }, owner) => notes.push(`invalid ${owner.uid} of ${uid}`),
    },
  })
  const observe = (...args: Parameters<typeof object>) => graph.observe(RESOURCE, object(...args))
  const taken = () => notes.splice(0)
  return { graph, absent, observe, taken }
}

describe('the graph of dependents', () => {
  it('has the dependents of an owner that goes looked at', () => {
    const { graph, observe, taken, absent } = graphWithNotes()
    observe('owner')
    observe('child', ['owner'])
    expect(taken()).toEqual([])
    graph.remove('owner')
    expect(taken()).toEqual(['delete child'])
    expect(absent.has({ group: '', kind: 'ConfigMap', namespace: 'ns', name: 'owner', uid: 'owner' })).toBe(
      true,
    )
  })

  it('has an owner looked for that was not seen, and is content when it comes', () => {
    const { observe, taken } = graphWithNotes()
    observe('child', ['owner'])
    expect(taken()).toEqual(['delete owner'])
    observe('owner')
    expect(taken()).toEqual([])
  })

  it.each([
    ['in another namespace', { namespace: 'other' }, ['invalid owner of child', 'delete child']],
    ['of another name', { name: 'another' }, ['delete child']],
  ])('distrusts a reference to an owner %s, whoever comes first', (_, more, expected) => {
    const late = graphWithNotes()
    late.observe('child', ['owner'])
    late.taken()
    late.observe('owner', [], more)
    expect(late.taken()).toEqual(expected)
    const early = graphWithNotes()
    early.observe('owner', [], more)
    early.observe('child', ['owner'])
    expect(early.taken()).toEqual(expected)
  })

  it('distrusts a reference that has changed its mind', () => {
    const { graph, observe, taken } = graphWithNotes()
    observe('owner')
    observe('child', ['owner'])
    const ownerReferences = [{ ...reference('owner'), name: 'another' }]
    graph.observe(RESOURCE, { metadata: { ...object('child').metadata, ownerReferences } })
    expect(taken()).toEqual(['delete child'])
  })

  it('has dependents looked at when their owner waits for them, and it when they have gone', () => {
    const { graph, observe, taken } = graphWithNotes()
    observe('owner')
    observe('child', ['owner'])
    const waiting = { deletionTimestamp: DELETED, finalizers: ['foregroundDeletion'] }
    observe('owner', [], waiting)
    expect(taken()).toEqual(['delete child', 'delete owner'])
    observe('owner', [], waiting)
    expect(taken()).toEqual([])
    observe('late', ['owner'])
    expect(taken()).toEqual(['delete late'])
    graph.remove('child')
    expect(taken()).toEqual(['delete owner'])
    observe('late', [])
    expect(taken()).toEqual(['delete owner'])
  })

  it('has orphans told once', () => {
    const { observe, taken } = graphWithNotes()
    observe('owner')
    for (let times = 0; times < 2; times += 1)
      observe('owner', [], { deletionTimestamp: DELETED, finalizers: ['orphan'] })
    expect(taken()).toEqual(['orphan owner'])
  })

  it('has an owner asked for that nobody tells of any more, and forgets who owns nothing', () => {
    const { graph, observe, taken, absent } = graphWithNotes()
    observe('owner')
    observe('child', ['owner'])
    graph.loseSight('owner')
    expect(taken()).toEqual(['delete owner'])
    expect(absent.has({ group: '', kind: 'ConfigMap', namespace: 'ns', name: 'owner', uid: 'owner' })).toBe(
      false,
    )
    graph.loseSight('child')
    expect(graph.size).toBe(0)
  })

  it('is, whatever has happened, what the objects say that are left', () => {
    const uid = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const step = fc.oneof(
      fc.record({ uid, owners: fc.uniqueArray(uid, { maxLength: 3 }) }),
      fc.record({ uid, owners: fc.constant(undefined) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { graph, observe } = graphWithNotes()
        const left = new Map<string, readonly string[]>()
        for (const { uid, owners } of steps) {
          if (owners) observe(uid, owners)
          else graph.remove(uid)
          if (owners) left.set(uid, owners)
          else left.delete(uid)
        }
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          const dependents = [...left].filter(([, owners]) => owners.includes(name)).map(([each]) => each)
          const node = graph.get(name)
          if (left.has(name)) expect(node?.place).toBeDefined()
          expect([...(node?.dependents ?? [])].map((each) => each.uid).sort()).toEqual(dependents.sort())
          expect(node !== undefined).toBe(left.has(name) || dependents.length > 0)
        }
      }),
    )
  })
})

describe('what is kept of an object', () => {
  it('is all that the graph makes something of, and nothing else', () => {
    const graphed = {
      uid: 'child',
      name: 'child',
      namespace: 'ns',
      ownerReferences: [reference('owner')],
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: DELETED,
    }
    const labels = { app: 'web' }
    const whole: KubeObject = { metadata: { ...graphed, labels, annotations: labels, resourceVersion: '7' } }
    expect(onlyGraphed(whole)).toEqual({ metadata: graphed })
    expect(onlyGraphed({ metadata: { name: 'node', uid: 'node', labels } })).toEqual({
      metadata: { name: 'node', uid: 'node' },
    })
  })
})
