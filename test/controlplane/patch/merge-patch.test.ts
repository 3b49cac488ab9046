import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { applyMergePatch } from '../../../src/controlplane/patch/index.ts'

const table: [name: string, object: JsonObject, patch: JsonValue, patched: JsonObject][] = [
  ['sets a member', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  ['replaces a member', { a: 1 }, { a: '1' }, { a: '1' }],
  ['removes a member', { a: 1, b: 2 }, { a: null }, { b: 2 }],
  ['removes what is not there', { a: 1 }, { b: null }, { a: 1 }],
  ['goes into objects', { a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }, { a: { c: 2, d: 3 } }],
  ['empties an object', { a: { b: 1 } }, { a: { b: null } }, { a: {} }],
  ['keeps a null that was there', { a: null }, { b: 1 }, { a: null, b: 1 }],
  ['makes objects out of nothing, without nulls', {}, { a: { b: { c: null } } }, { a: { b: {} } }],
  ['makes an object out of a text', { a: 'x' }, { a: { b: 1, c: null } }, { a: { b: 1 } }],
  ['makes an object out of a list', { a: [1] }, { a: { b: 1 } }, { a: { b: 1 } }],
  ['makes a list out of an object', { a: { b: 1 } }, { a: [1] }, { a: [1] }],
  ['replaces lists', { a: [{ b: 1, c: 2 }] }, { a: [{ b: 2 }] }, { a: [{ b: 2 }] }],
  ['keeps nulls in lists, but not in their objects', {}, { a: [null, { b: null }] }, { a: [null, {}] }],
  ['takes an empty patch for no change', { a: 1 }, {}, { a: 1 }],
]

const refused: [name: string, patch: JsonValue, message: string][] = [
  ['null', null, 'Invalid JSON Patch'],
  [
    'a list',
    [],
    'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  [
    'a number',
    1,
    'error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}',
  ],
]

describe('JSON Merge Patch', () => {
  it.each(table)('%s', (_, object, patch, patched) => {
    expect(applyMergePatch(object, patch)).toEqual(patched)
  })

  it.each(refused)('refuses %s', (_, patch, message) => {
    expect(() => applyMergePatch({}, patch)).toThrow(
      expect.objectContaining({ reason: 'BadRequest', message }),
    )
  })

  it('has __proto__ as an ordinary member', () => {
    const object = JSON.parse('{"a":{"__proto__":{"b":1}},"constructor":{"c":1}}')
    const patch = JSON.parse(
      '{"a":{"__proto__":{"d":2}},"__proto__":{"polluted":true},"toString":null,"constructor":{"c":null}}',
    )
    const patched = applyMergePatch(object, patch)
    expect(JSON.stringify(patched)).toBe(
      '{"a":{"__proto__":{"b":1,"d":2}},"constructor":{},"__proto__":{"polluted":true}}',
    )
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype)
    expect(JSON.stringify(applyMergePatch(patched, JSON.parse('{"__proto__":null}')))).not.toContain(
      'polluted',
    )
  })
})
