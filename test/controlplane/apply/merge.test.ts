import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../src/controlplane/api/json.ts'
import { compare } from '../../../src/controlplane/apply/compare.ts'
import { toFieldsV1 } from '../../../src/controlplane/apply/fields-v1.ts'
import {
  listOf,
  mapListOf,
  mapOf,
  SCALAR,
  type Schema,
  STRING,
  setOf,
  structOf,
  UNTYPED,
  UNTYPED_ATOMIC,
} from '../../../src/controlplane/apply/index.ts'
import { merge } from '../../../src/controlplane/apply/merge.ts'
import { mergeOrder } from '../../../src/controlplane/apply/merge-order.ts'
import { toFieldSet } from '../../../src/controlplane/apply/to-field-set.ts'

const ELEMENT = structOf({ k: STRING, v: SCALAR })
const BY_K = mapListOf(ELEMENT, ['k'])

const merges: [string, Schema, live: JsonValue, config: JsonValue, merged: JsonValue][] = [
  ['a scalar', SCALAR, 1, 2, 2],
  ['a map', mapOf(SCALAR), { a: 1, b: 1 }, { b: 2, c: 2 }, { a: 1, b: 2, c: 2 }],
  ['an atomic map', structOf({}, { atomic: true, rest: SCALAR }), { a: 1 }, { b: 2 }, { b: 2 }],
  ['an atomic list', listOf(SCALAR), [1, 2], [3], [3]],
  ['a set', setOf(SCALAR), ['a', 'b'], ['c', 'a'], ['c', 'a', 'b']],
  [
    'a list by key',
    BY_K,
    [{ k: 'a', v: 1 }],
    [{ k: 'b', v: 2 }, { k: 'a' }],
    [
      { k: 'b', v: 2 },
      { k: 'a', v: 1 },
    ],
  ],
  ['a null over a scalar', mapOf(SCALAR), { a: 1 }, { a: null }, { a: null }],
  ['a null over an object with fields', mapOf(mapOf(SCALAR)), { a: { b: 1 } }, { a: null }, { a: { b: 1 } }],
  ['a null over an empty object', mapOf(mapOf(SCALAR)), { a: {} }, { a: null }, { a: null }],
  ['an empty list over one with elements', setOf(SCALAR), ['a'], [], ['a']],
  ['an empty list over null', mapOf(setOf(SCALAR)), { a: null }, { a: [] }, { a: [] }],
  [
    'untyped objects',
    UNTYPED,
    { a: { b: 1 }, l: [1, 2] },
    { a: { c: 2 }, l: [3] },
    { a: { b: 1, c: 2 }, l: [3] },
  ],
  ['untyped atomic objects', UNTYPED_ATOMIC, { a: 1 }, { b: 2 }, { b: 2 }],
  ['an untyped object over a scalar', UNTYPED, { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
  [
    'elements that are there twice',
    BY_K,
    [
      { k: 'a', v: 1 },
      { k: 'a', v: 2 },
    ],
    [{ k: 'a' }],
    [{ k: 'a' }],
  ],
]

describe('merging', () => {
  it.each(merges)('merges %s', (_, schema, live, config, merged) => {
    const before = structuredClone([live, config])
    expect(merge(schema, live, config)).toEqual(merged)
    expect([live, config]).toEqual(before)
  })

  it('makes nothing of names that JavaScript has plans for', () => {
    const config = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    const merged = merge(UNTYPED, { a: 1 }, config)
    expect(JSON.stringify(merged)).toBe('{"a":1,"__proto__":{"polluted":true},"constructor":1}')
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
  })
})

const orders: [live: string, config: string, merged: string][] = [
  ['abc', '', 'abc'],
  ['', 'abc', 'abc'],
  ['abc', 'abc', 'abc'],
  ['ab', 'cd', 'abcd'],
  ['abc', 'b', 'abc'],
  ['abc', 'bd', 'abcd'],
  ['abcd', 'aAcC', 'abAcdC'],
  ['abcd', 'ca', 'bcda'],
  ['acd', 'abcd', 'abcd'],
  ['1a2b3c4', 'cab', '123c4ab'],
  ['aab', 'ba', 'ba'],
]

describe('the order of a merged list', () => {
  it.each(orders)('of %j and %j is %j', (live, config, merged) => {
    expect(ids(live, config)).toBe(merged)
  })

  it('has each configured element once, in that order, and all others in theirs', () => {
    const letters = fc.uniqueArray(fc.constantFrom(...'abcdefgh'))
    fc.assert(
      fc.property(letters, letters, (live, config) => {
        const merged = [...ids(live.join(''), config.join(''))]
        expect(merged.filter((id) => config.includes(id))).toEqual(config)
        expect(merged.filter((id) => !config.includes(id))).toEqual(live.filter((id) => !config.includes(id)))
      }),
    )
  })
})

function ids(live: string, config: string): string {
  return mergeOrder([...live], [...config])
    .map(({ id }) => id)
    .join('')
}

const comparisons: [string, Schema, older: JsonValue, newer: JsonValue, object][] = [
  ['nothing', mapOf(SCALAR), { a: 1 }, { a: 1 }, {}],
  [
    'entries',
    mapOf(SCALAR),
    { a: 1, b: 1 },
    { b: 2, c: 2 },
    { removed: { 'f:a': {} }, modified: { 'f:b': {} }, added: { 'f:c': {} } },
  ],
  [
    'a new object with what is in it',
    mapOf(mapOf(SCALAR)),
    {},
    { m: { a: 1 } },
    { added: { 'f:m': { '.': {}, 'f:a': {} } } },
  ],
  [
    'what is in one that was null',
    mapOf(mapOf(SCALAR)),
    { m: null },
    { m: { a: 1 } },
    { added: { 'f:m': { 'f:a': {} } } },
  ],
  ['null and empty', mapOf(mapOf(SCALAR)), { m: null }, { m: {} }, { modified: { 'f:m': {} } }],
  ['atomic lists', mapOf(listOf(SCALAR)), { l: [1] }, { l: [1, 2] }, { modified: { 'f:l': {} } }],
  ['sets', setOf(SCALAR), ['a', 'b'], ['b', 'c'], { removed: { 'v:"a"': {} }, added: { 'v:"c"': {} } }],
  ['the order of a set', setOf(SCALAR), ['a', 'b'], ['b', 'a'], {}],
  [
    'elements by key',
    BY_K,
    [{ k: 'a', v: 1 }],
    [{ k: 'a', v: 2 }, { k: 'b' }],
    { modified: { 'k:{"k":"a"}': { 'f:v': {} } }, added: { 'k:{"k":"b"}': { '.': {}, 'f:k': {} } } },
  ],
  [
    'elements that become several',
    BY_K,
    [{ k: 'a' }],
    [{ k: 'a' }, { k: 'a', v: 1 }],
    { removed: { 'k:{"k":"a"}': { '.': {}, 'f:k': {} } }, added: { 'k:{"k":"a"}': {} } },
  ],
  [
    'elements that are several no more',
    BY_K,
    [{ k: 'a' }, { k: 'a', v: 1 }],
    [{ k: 'a' }],
    { removed: { 'k:{"k":"a"}': {} }, added: { 'k:{"k":"a"}': { '.': {}, 'f:k': {} } } },
  ],
  [
    'several elements',
    BY_K,
    [{ k: 'a' }, { k: 'a', v: 1 }],
    [{ k: 'a' }, { k: 'a', v: 2 }],
    { modified: { 'k:{"k":"a"}': {} } },
  ],
  [
    'an untyped scalar that becomes an object',
    UNTYPED,
    { a: 1 },
    { a: { b: 2 } },
    { modified: { 'f:a': {} }, added: { 'f:a': { 'f:b': {} } } },
  ],
]

describe('comparing', () => {
  it.each(comparisons)('finds %s', (_, schema, older, newer, changes) => {
    const { removed, modified, added } = compare(schema, older, newer)
    const found = { removed: toFieldsV1(removed), modified: toFieldsV1(modified), added: toFieldsV1(added) }
    expect(found).toEqual({ removed: {}, modified: {}, added: {}, ...changes })
  })
})

const mentions: [string, Schema, JsonValue, object][] = [
  [
    'entries, but not fields that have some',
    structOf({ m: mapOf(SCALAR) }),
    { m: { a: 1 } },
    { 'f:m': { 'f:a': {} } },
  ],
  [
    'fields that are empty or null',
    structOf({ m: mapOf(SCALAR), n: mapOf(SCALAR) }),
    { m: {}, n: null },
    { 'f:m': {}, 'f:n': {} },
  ],
  ['nothing of a list without elements', structOf({ s: setOf(SCALAR) }), { s: [] }, {}],
  [
    'elements with what they have',
    BY_K,
    [{ k: 'a', v: 1 }],
    { 'k:{"k":"a"}': { '.': {}, 'f:k': {}, 'f:v': {} } },
  ],
  ['only that there are several', BY_K, [{ k: 'a', v: 1 }, { k: 'a' }], { 'k:{"k":"a"}': {} }],
  ['untyped fields, lists as a whole', UNTYPED, { a: { b: [1] } }, { 'f:a': { '.': {}, 'f:b': {} } }],
]

describe('what a value says something about', () => {
  it.each(mentions)('is %s', (_, schema, value, fields) => {
    expect(toFieldsV1(toFieldSet(schema, value))).toEqual(fields)
  })
})
