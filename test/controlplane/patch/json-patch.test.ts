import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { applyJsonPatch } from '../../../src/controlplane/patch/index.ts'

const OBJECT = { a: { b: 1, n: null }, list: ['x', 'y', 'z'], 'sl/ash': { 'til~de': 1 }, '': { '': 'empty' } }

type Case = [name: string, patch: JsonValue, object: JsonObject]

const applied: Case[] = [
  ['adds a member', [{ op: 'add', path: '/a/c', value: [1] }], { ...OBJECT, a: { b: 1, n: null, c: [1] } }],
  [
    'adds a member over another',
    [{ op: 'add', path: '/a/b', value: 2 }],
    { ...OBJECT, a: { b: 2, n: null } },
  ],
  ['adds to the front', list({ op: 'add', path: '/list/0', value: 'w' }), withList('w', 'x', 'y', 'z')],
  [
    'adds behind the last item',
    list({ op: 'add', path: '/list/3', value: 'w' }),
    withList('x', 'y', 'z', 'w'),
  ],
  ['adds to the end', list({ op: 'add', path: '/list/-', value: 'w' }), withList('x', 'y', 'z', 'w')],
  [
    'adds, counting from the end',
    list({ op: 'add', path: '/list/-1', value: 'w' }),
    withList('x', 'y', 'z', 'w'),
  ],
  ['adds null where no value is given', [{ op: 'add', path: '/a' }], { ...OBJECT, a: null }],
  ['removes a member', [{ op: 'remove', path: '/a/b' }], { ...OBJECT, a: { n: null } }],
  ['removes a member that is null', [{ op: 'remove', path: '/a/n' }], { ...OBJECT, a: { b: 1 } }],
  ['removes an item', list({ op: 'remove', path: '/list/1' }), withList('x', 'z')],
  ['removes, counting from the end', list({ op: 'remove', path: '/list/-1' }), withList('x', 'y')],
  ['replaces a member', [{ op: 'replace', path: '/a/b', value: 2 }], { ...OBJECT, a: { b: 2, n: null } }],
  ['replaces a member that is not there', [{ op: 'replace', path: '/new', value: 2 }], { ...OBJECT, new: 2 }],
  ['replaces an item', list({ op: 'replace', path: '/list/-3', value: 'w' }), withList('w', 'y', 'z')],
  ['replaces everything', [{ op: 'replace', path: '', value: { q: 1 } }], { q: 1 }],
  ['moves an item', list({ op: 'move', from: '/list/2', path: '/list/0' }), withList('z', 'x', 'y')],
  [
    'moves into another object',
    [
      { op: 'move', from: '/a', path: '/sl~1ash/a' },
      { op: 'add', path: '/sl~1ash/a/b', value: 2 },
    ],
    { ...withoutA(), 'sl/ash': { 'til~de': 1, a: { b: 2, n: null } } },
  ],
  [
    'copies, so that the two are changed apart',
    [
      { op: 'add', path: '/a/b', value: 2 },
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'add', path: '/c/b', value: 3 },
    ],
    { ...OBJECT, a: { b: 2, n: null }, c: { b: 3, n: null } },
  ],
  [
    'copies an object into itself',
    [{ op: 'copy', from: '/a', path: '/a/b' }],
    { ...OBJECT, a: { b: OBJECT.a, n: null } },
  ],
  ['tests a value', [{ op: 'test', path: '/a', value: { n: null, b: 1 } }], OBJECT],
  ['tests everything', [{ op: 'test', path: '', value: OBJECT }], OBJECT],
  ['tests an item', [{ op: 'test', path: '/list/-1', value: 'z' }], OBJECT],
  ['tests that a member is missing', [{ op: 'test', path: '/none', value: null }], OBJECT],
  ['unescapes in one go', [{ op: 'test', path: '/sl~1ash/til~0de', value: 1 }], OBJECT],
  ['finds empty names', [{ op: 'test', path: '//', value: 'empty' }], OBJECT],
  ['takes no operations for no change', [], OBJECT],
  ['takes null for no change', null, OBJECT],
]

const refused: [name: string, patch: JsonValue][] = [
  ['a test of another value', [{ op: 'test', path: '/a/b', value: 2 }]],
  ['a test of a number against its text', [{ op: 'test', path: '/a/b', value: '1' }]],
  ['a test of fewer members', [{ op: 'test', path: '/a', value: { b: 1 } }]],
  ['a test of a list in another order', [{ op: 'test', path: '/list', value: ['y', 'x', 'z'] }]],
  ['a test of a member that is missing', [{ op: 'test', path: '/none', value: 1 }]],
  ['a test below what is missing', [{ op: 'test', path: '/none/b', value: null }]],
  ['a removal of what is missing', [{ op: 'remove', path: '/none' }]],
  ['a removal of everything', [{ op: 'remove', path: '' }]],
  ['an addition below what is missing', [{ op: 'add', path: '/none/b', value: 1 }]],
  ['an addition below null', [{ op: 'add', path: '/a/n/b', value: 1 }]],
  ['an addition below a string', [{ op: 'add', path: '/list/0/0', value: 1 }]],
  ['an addition behind the end of a list', [{ op: 'add', path: '/list/4', value: 1 }]],
  ['an addition before the front of a list', [{ op: 'add', path: '/list/-5', value: 1 }]],
  ['a name in a list', [{ op: 'add', path: '/list/length', value: 1 }]],
  ['an index that is no integer', [{ op: 'add', path: '/list/1e0', value: 1 }]],
  ['an empty index', [{ op: 'add', path: '/list/', value: 1 }]],
  ['a replacement behind the end', [{ op: 'replace', path: '/list/3', value: 1 }]],
  ['a replacement of the end', [{ op: 'replace', path: '/list/-', value: 1 }]],
  ['a removal of the end', [{ op: 'remove', path: '/list/-' }]],
  ['a path without a slash', [{ op: 'add', path: 'a', value: 1 }]],
  ['an operation without a path', [{ op: 'add', value: 1 }]],
  ['a move without an origin', [{ op: 'move', path: '/a' }]],
  ['a move of what is missing', [{ op: 'move', from: '/none', path: '/a' }]],
  ['a move into itself', [{ op: 'move', from: '/a', path: '/a/b' }]],
  ['a copy of what is missing', [{ op: 'copy', from: '/none', path: '/a/b' }]],
  ['an unknown operation', [{ op: 'merge', path: '/a' }]],
  ['an operation called as what objects inherit', [{ op: 'constructor', path: '/a' }]],
  ['an operation without a kind', [{ path: '/a' }]],
  ['an operation that is null', [null]],
  ['a list in the place of the object', [{ op: 'replace', path: '', value: [] }]],
  ['what objects inherit', [{ op: 'test', path: '/constructor/name', value: 'Object' }]],
]

const undecodable: [name: string, patch: JsonValue, message: string][] = [
  ['an object', { op: 'add' }, 'object into Go value of type []handlers.jsonPatchOp'],
  ['a text', 'add', 'string into Go value of type []handlers.jsonPatchOp'],
  ['a list of texts', ['add'], 'string into Go value of type handlers.jsonPatchOp'],
  [
    'a kind that is a number',
    [{ op: 1, path: '' }],
    'number into Go struct field jsonPatchOp.op of type string',
  ],
  [
    'a path that is a list',
    [{ op: 'add', path: [] }],
    'array into Go struct field jsonPatchOp.path of type string',
  ],
  [
    'an origin that is a truth',
    [{ from: true }],
    'bool into Go struct field jsonPatchOp.from of type string',
  ],
]

describe('JSON Patch', () => {
  it.each(applied)('%s', (_, patch, object) => {
    expect(applyJsonPatch(OBJECT, patch)).toEqual(object)
  })

  it.each(refused)('refuses %s', (_, patch) => {
    expect(statusOf(patch)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server rejected our request due to an error in our request',
      reason: 'Invalid',
      details: {},
      code: 422,
    })
  })

  it.each(undecodable)('cannot decode %s', (_, patch, message) => {
    const expected = {
      reason: 'BadRequest',
      message: `error decoding patch: json: cannot unmarshal ${message}`,
    }
    expect(statusOf(patch)).toMatchObject(expected)
  })

  it('keeps the cause of a refusal for those who read logs', () => {
    const patch = [{ op: 'test', path: '/a/b', value: 2 }]
    expect(() => applyJsonPatch(OBJECT, patch)).toThrow(
      expect.objectContaining({ cause: new Error('testing the value of "/a/b" failed') }),
    )
  })

  it('changes nothing when a later operation fails', () => {
    const object = { a: { b: 1 } }
    const patch = [
      { op: 'add', path: '/a/b', value: 2 },
      { op: 'remove', path: '/c' },
    ]
    expect(() => applyJsonPatch(object, patch)).toThrow(StatusError)
    expect(object).toEqual({ a: { b: 1 } })
  })

  it('takes 10,000 operations and no more', () => {
    const patch = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ op: 'add', path: '/n', value: i }))
    expect(applyJsonPatch({}, patch(10_000))).toEqual({ n: 9_999 })
    expect(() => applyJsonPatch({}, patch(10_001))).toThrow(
      expect.objectContaining({
        reason: 'RequestEntityTooLarge',
        message:
          'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
      }),
    )
  })

  it('has names of every kind as ordinary members', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true}}')
    const patch = [
      { op: 'add', path: '/__proto__', value: {} },
      { op: 'add', path: '/__proto__/x', value },
      { op: 'add', path: '/constructor', value: 1 },
      { op: 'add', path: '/__proto__/x/__proto__/polluted', value: 1 },
      { op: 'copy', from: '/__proto__', path: '/hasOwnProperty' },
      { op: 'remove', path: '/__proto__' },
    ]
    const patched = applyJsonPatch({}, patch)
    expect(JSON.stringify(patched)).toBe(
      '{"constructor":1,"hasOwnProperty":{"x":{"__proto__":{"polluted":1}}}}',
    )
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":true}}')
  })
})

function statusOf(patch: JsonValue): JsonObject | undefined {
  try {
    applyJsonPatch(OBJECT, patch)
  } catch (error) {
    if (error instanceof StatusError) return error.toStatus()
    throw error
  }
  return undefined
}

function list(operation: JsonObject): JsonValue {
  return [operation]
}

function withList(...items: string[]): JsonObject {
  return { ...OBJECT, list: items }
}

function withoutA(): JsonObject {
  const { a: _, ...others } = OBJECT
  return others
}
