import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
} from '../../../src/controlplane/patch/index.ts'
import { busyMs } from '../../support/processor-time.ts'
import { pod } from './merge-types.ts'

const LARGE = 100_000
/** Far more than is needed, and far less than something quadratic takes. */
const GUARD_MS = 10_000

const inTime = (run: () => void) => () => expect(busyMs(run)).toBeLessThan(GUARD_MS)

const names = Array.from({ length: LARGE }, (_, i) => `c${i}`)
const reversed = names.toReversed()

describe('hostile patches', () => {
  it.each<[name: string, apply: (value: JsonValue) => JsonObject]>([
    ['a JSON Patch', (value) => applyJsonPatch({}, [{ op: 'add', path: '/a', value }])],
    ['a merge patch', (value) => applyMergePatch({ a: value }, { a: value })],
    ['a strategic merge patch', (value) => applyStrategicMergePatch({ a: value }, { a: value }, pod)],
  ])('refuses %s that is nested too deep', (_, apply) => {
    for (const value of [nested(10_000, 'a'), nested(100_000, 0)]) {
      const expected = { reason: 'BadRequest', message: 'the patch is nested deeper than 1000 levels' }
      expect(() => apply(value)).toThrow(expect.objectContaining(expected))
    }
  })

  it('takes patches that are nested less', () => {
    const value = nested(900, 'a')
    expect(applyMergePatch({ a: value }, { a: value })).toEqual({ a: value })
    expect(applyJsonPatch({}, [{ op: 'add', path: '/a', value }])).toEqual({ a: value })
    const anything = { name: 'Anything', field: () => ({}) }
    expect(applyStrategicMergePatch({ a: value }, { a: value }, anything)).toEqual({ a: value })
  })

  it('is not led deeper step by step', () => {
    const steps = Array.from({ length: 20 }, (_, i) => ({
      op: 'add',
      path: '/a'.repeat(i * 100 + 1),
      value: nested(100, 'a'),
    }))
    const message = 'the patched object is nested deeper than 1000 levels'
    expect(() => applyJsonPatch({}, steps)).toThrow(
      expect.objectContaining({ reason: 'BadRequest', message }),
    )
  })

  it('does not let copies double an object forever', () => {
    const doubling = Array.from({ length: 64 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/${i}` }))
    const expected = expect.objectContaining({
      reason: 'Invalid',
      cause: new Error('more than 3145728 bytes would be copied'),
    })
    expect(() => applyJsonPatch({ a: {} }, doubling)).toThrow(expected)
  })

  it(
    'merges large lists',
    inTime(() => {
      const patch = podOf(reversed.map((name) => ({ name, image: 'i:2' })))
      const merged = applyStrategicMergePatch(podOf(names.map((name) => ({ name }))), patch, pod)
      expect(merged).toEqual(patch)
    }),
  )

  it(
    'deletes from large lists',
    inTime(() => {
      const patch = podOf(reversed.map((name) => ({ name, $patch: 'delete' })))
      const merged = applyStrategicMergePatch(podOf(names.map((name) => ({ name }))), patch, pod)
      expect(merged).toEqual(podOf([]))
    }),
  )

  it(
    'orders large lists',
    inTime(() => {
      const containers = names.map((name) => ({ name }))
      const order = reversed.filter((_, i) => i % 2 === 0).map((name) => ({ name }))
      const patch = { spec: { '$setElementOrder/containers': order, containers: order } }
      const merged = applyStrategicMergePatch(podOf(containers), patch, pod)
      const others = containers.filter((_, i) => i % 2 === 0)
      expect(merged).toEqual(podOf([...others, ...order]))
    }),
  )

  it(
    'merges large lists of texts',
    inTime(() => {
      const merge = (object: string[], patch: JsonObject) =>
        applyStrategicMergePatch({ metadata: { finalizers: object } }, { metadata: patch }, pod)
      expect(merge(names, { finalizers: reversed })).toEqual({ metadata: { finalizers: reversed } })
      expect(merge(names, { '$deleteFromPrimitiveList/finalizers': reversed })).toEqual({
        metadata: { finalizers: [] },
      })
    }),
  )

  it(
    'merges large objects',
    inTime(() => {
      const members = Object.fromEntries(names.map((name) => [name, 'x']))
      expect(applyMergePatch({ a: members }, { a: members })).toEqual({ a: members })
    }),
  )

  it(
    'changes a large object 10,000 times',
    inTime(() => {
      const object = { members: Object.fromEntries(names.map((name) => [name, 'x'])), items: names }
      const patch = Array.from({ length: 2_500 }, (_, i) => [
        { op: 'add', path: `/members/n${i}`, value: 'x' },
        { op: 'remove', path: `/members/c${i}` },
        { op: 'add', path: '/items/0', value: 'x' },
        { op: 'remove', path: '/items/-1' },
      ]).flat()
      const patched = applyJsonPatch(object, patch)
      expect(patched.items).toHaveLength(LARGE)
      expect(Object.keys(patched.members as JsonObject)).toHaveLength(LARGE)
    }),
  )
})

/** Made without recursion; within a name if there is one, in lists otherwise. */
function nested(depth: number, name: string | 0): JsonValue {
  let value: JsonValue = {}
  for (let i = 1; i < depth; i++) value = name === 0 ? [value] : { [name]: value }
  return value
}

function podOf(containers: JsonObject[]): JsonObject {
  return { spec: { containers } }
}
