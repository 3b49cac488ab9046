import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepFreeze } from '../../../src/common/deep-freeze.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
} from '../../../src/controlplane/patch/index.ts'
import { pod } from './merge-types.ts'

const NAMES = [
  'a',
  'b',
  'spec',
  'metadata',
  'labels',
  'finalizers',
  'containers',
  'name',
  'ports',
  '__proto__',
  'constructor',
]
const DIRECTIVES = [
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$setElementOrder/finalizers',
  '$deleteFromPrimitiveList/finalizers',
]

/** Members of every name are own ones, as JSON.parse makes them. */
const objectOf = (names: readonly string[], value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 })
    .map((members) => Object.fromEntries(members))

const scalar: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>('a', 'b', 'delete', 'replace', 0, 1, true)
const jsonOf = (names: readonly string[], leaf: fc.Arbitrary<JsonValue>) =>
  fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, leaf, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
    object: objectOf(names, tie('value')),
  }))

const { object: anyObject, value: anyValue } = jsonOf(NAMES, fc.oneof(scalar, fc.constant(null)))
const { object: nullFree } = jsonOf(NAMES, scalar)
const { value: anyPatch } = jsonOf([...NAMES, ...DIRECTIVES], fc.oneof(scalar, fc.constant(null)))

const path = fc
  .array(fc.constantFrom(...NAMES, '0', '1', '-', '-1', ''), { maxLength: 4 })
  .map((tokens) => tokens.map((token) => `/${token}`).join(''))
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
    path,
    from: path,
    value: anyValue,
  },
  { requiredKeys: ['op'] },
)
const jsonPatch = fc.oneof(
  { weight: 4, arbitrary: fc.array(operation, { maxLength: 6 }) as fc.Arbitrary<JsonValue> },
  anyValue,
)

/** A pod, of which a patch can be made, with lists whose keys are unique. */
const uniqueItems = (item: fc.Arbitrary<JsonObject>) =>
  fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 4 })
const env = uniqueItems(fc.record({ name: fc.constantFrom('X', 'Y', 'Z'), value: fc.constantFrom('1', '2') }))
const container = (nullable: JsonValue[]): fc.Arbitrary<JsonObject> =>
  fc.record(
    {
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      image: fc.constantFrom<JsonValue>('i:1', 'i:2', ...nullable),
      args: fc.constantFrom<JsonValue>(['x'], ['y', 'z'], ...nullable),
      env,
      lifecycle: fc.constantFrom<JsonValue>({ preStop: {} }, { postStart: { x: 1 } }, ...nullable),
    },
    { requiredKeys: ['name'] },
  )
const podOf = (
  item: fc.Arbitrary<JsonObject>,
  labels: fc.Arbitrary<JsonObject>,
  finalizers: fc.Arbitrary<string[]>,
) =>
  fc.record(
    {
      metadata: fc.record({ labels, finalizers }, { requiredKeys: [] }),
      spec: fc.record({ containers: uniqueItems(item) }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>

const texts = fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 })
const aPod = podOf(container([]), objectOf(['a', 'b'], scalar), texts)
const deletion = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'e'), $patch: fc.constant('delete') })
const labelsPatch = objectOf(['a', 'b', 'c'], fc.oneof(scalar, fc.constant(null)))
const marked = fc
  .tuple(labelsPatch, fc.constantFrom('replace', 'delete'))
  .map(([labels, $patch]) => ({ ...labels, $patch }))
const aPodPatch = podOf(fc.oneof(container([null]), deletion), fc.oneof(labelsPatch, marked), texts)

describe('patches', () => {
  it('merges the difference of two objects to the second', () => {
    fc.assert(
      fc.property(nullFree, nullFree, (from, to) => {
        expect(applyMergePatch(from, difference(from, to))).toEqual(to)
      }),
    )
  })

  it('merges a second time to the same', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (object, patch) => {
        const once = applyMergePatch(object, patch)
        expect(applyMergePatch(once, patch)).toEqual(once)
      }),
    )
  })

  it('merges strategically a second time to the same', () => {
    fc.assert(
      fc.property(aPod, aPodPatch, (object, patch) => {
        const once = applyStrategicMergePatch(object, patch, pod)
        expect(applyStrategicMergePatch(once, patch, pod)).toEqual(once)
      }),
      { numRuns: 500 },
    )
  })

  it('leaves no directive in what is merged strategically', () => {
    fc.assert(
      fc.property(aPod, aPodPatch, (object, patch) => {
        expect(JSON.stringify(applyStrategicMergePatch(object, patch, pod))).not.toMatch(/"\$|null/)
      }),
    )
  })

  it('is a merge patch where an object of any form is patched without directives', () => {
    const anything = { name: 'Anything', field: () => ({}) }
    fc.assert(
      fc.property(anyObject, anyObject, (object, patch) => {
        expect(applyStrategicMergePatch(object, patch, anything)).toEqual(applyMergePatch(object, patch))
      }),
    )
  })

  it('undoes what it did when a JSON Patch is turned around', () => {
    fc.assert(
      fc.property(nullFree, anyValue, (object, value) => {
        const added = applyJsonPatch(object, [{ op: 'add', path: '/new', value }])
        const moved = applyJsonPatch(added, [
          { op: 'copy', from: '/new', path: '/copy' },
          { op: 'move', from: '/new', path: '/moved' },
          { op: 'test', path: '/moved', value },
          { op: 'remove', path: '/copy' },
          { op: 'remove', path: '/moved' },
        ])
        expect(moved).toEqual(object)
      }),
    )
  })

  it.each<
    [
      name: string,
      patch: fc.Arbitrary<JsonValue>,
      apply: (object: JsonObject, patch: JsonValue) => JsonObject,
    ]
  >([
    ['a JSON Patch', jsonPatch, applyJsonPatch],
    ['a merge patch', anyPatch, applyMergePatch],
    ['a strategic merge patch', anyPatch, (object, patch) => applyStrategicMergePatch(object, patch, pod)],
  ])('either applies %s or says why not, and touches nothing', (_, patches, apply) => {
    const inherited = Object.getOwnPropertyNames(Object.prototype)
    fc.assert(
      fc.property(anyObject, patches, (object, patch) => {
        const before = JSON.stringify([object, patch])
        deepFreeze(object)
        deepFreeze(patch)
        try {
          const patched = apply(object, patch)
          expect(isJsonObject(patched)).toBe(true)
          expect(Object.getPrototypeOf(patched)).toBe(Object.prototype)
        } catch (error) {
          if (!(error instanceof StatusError)) throw error
        }
        expect(JSON.stringify([object, patch])).toBe(before)
      }),
      { numRuns: 1_000 },
    )
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(inherited)
  })
})

/** The merge patch that leads from one object to the other. */
function difference(from: JsonObject, to: JsonObject): JsonObject {
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
  const changes = Object.entries(to).map(([name, value]): [string, JsonValue] => {
    const old = Object.hasOwn(from, name) ? from[name] : undefined
    return [name, isJsonObject(old) && isJsonObject(value) ? difference(old, value) : (value ?? null)]
  })
  return Object.fromEntries([...removed.map((name): [string, JsonValue] => [name, null]), ...changes])
}
