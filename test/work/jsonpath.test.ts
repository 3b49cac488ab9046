import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/common/json.ts'
import { findByJsonPath, goType, parseJsonPath } from '../../src/work/jsonpath/index.ts'

/** The object of Kubernetes' own documentation of JSONPath, in short. */
const OBJECT: JsonValue = {
  kind: 'List',
  items: [
    {
      kind: 'None',
      metadata: { name: '127.0.0.1', labels: { 'kubernetes.io/hostname': '127.0.0.1' } },
      status: { capacity: { cpu: '4' }, addresses: [{ type: 'LegacyHostIP', address: '127.0.0.1' }] },
    },
    {
      kind: 'None',
      metadata: { name: '127.0.0.2' },
      status: {
        capacity: { cpu: '8' },
        addresses: [
          { type: 'LegacyHostIP', address: '127.0.0.2' },
          { type: 'another', address: '127.0.0.3' },
        ],
      },
    },
  ],
  users: [
    { name: 'myself', user: {}, age: 20 },
    { name: 'e2e', user: { username: 'admin', password: 'secret' }, age: 30 },
  ],
}

const find = (path: string) => findByJsonPath(OBJECT, parseJsonPath(path))

describe('the JSONPath of kubectl', () => {
  it.each<[string, readonly JsonValue[]]>([
    ['.kind', ['List']],
    ["['kind']", ['List']],
    ['..name', ['127.0.0.1', '127.0.0.2', 'myself', 'e2e']],
    ['.items[*].metadata.name', ['127.0.0.1', '127.0.0.2']],
    ["..['name']", ['127.0.0.1', '127.0.0.2', 'myself', 'e2e']],
    ['.users[0].name', ['myself']],
    ['.users[-1].name', ['e2e']],
    ['.users[0:2].name', ['myself', 'e2e']],
    ['.users[:1].name', ['myself']],
    ['.users[::2].name', ['myself']],
    ['.items[0].status.addresses[?(@.type=="LegacyHostIP")].address', ['127.0.0.1']],
    [".items[*]['kind','nothing']", ['None', 'None']],
    ["..['metadata.name', 'status.capacity']", ['127.0.0.1', '127.0.0.2', { cpu: '4' }, { cpu: '8' }]],
    ["..['kind','age']", ['List', 'None', 'None', 20, 30]],
    ['.users[?(@.name=="e2e")].user.password', ['secret']],
    ['.users[?(@.user.username)].name', ['e2e']],
    ['.users[?(@.age>20)].name', ['e2e']],
    ['.users[?(@.age<=20)].name', ['myself']],
    ['.users[?(@.age!=20)].name', ['e2e']],
    ['.items[*].metadata.labels.kubernetes\\.io/hostname', ['127.0.0.1']],
    ['.nothing.at.all', []],
    ['$.kind', ['List']],
    ['.users[0]', [{ name: 'myself', user: {}, age: 20 }]],
  ])('finds %s', (path, values) => {
    expect(find(path)).toEqual(values)
  })

  it.each<[string, string]>([
    ['.users[5]', 'array index out of bounds: index 5, length 2'],
    ['.users[1:0]', 'starting index 1 is greater than ending index 0'],
    ['.users[0:1:0]', 'step must be > 0'],
    ['.kind[0]', 'string is not array or slice'],
    ['.kind[?(@.a)]', 'string is not array or slice and cannot be filtered'],
    [
      "..[?(@.type=='another')].address",
      'map[string]interface {} is not array or slice and cannot be filtered',
    ],
    ['.users[?(@.name=1)]', 'unrecognized filter operator ='],
    ['.users[?(@.name==1)]', 'incompatible types for comparison'],
    ['.users[?(@.user==1)]', 'invalid type for comparison'],
    ['.users[', 'unterminated array'],
    ['.users[a]', 'invalid array index a'],
    ['.users[?(@.a', 'unterminated filter'],
    ['....', 'invalid multiple recursive descent'],
    ['kind', 'unrecognized identifier kind'],
    ['.a "b', 'unterminated quoted string'],
    ['.a#', ''],
    ['{', "unrecognized character in action: U+007B '{'"],
  ])('says what is wrong with %s', (path, message) => {
    if (message === '') expect(find(path)).toEqual([])
    else expect(() => find(path)).toThrow(message)
  })

  it('ends for any text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[.a-z[\]?()@$'"*:,=<>\\ 0-9-]{0,30}$/), (path) => {
        try {
          find(path)
        } catch (error) {
          expect(error).toMatchObject({ message: expect.any(String) })
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each<[string, string]>([
    ['comes back to the same values', '.. range '.repeat(12)],
    ['multiplies them', `..${"['a','a','a','a']['a','a','a','a']".repeat(12)}`],
    ['goes through the bytes of texts', '.text.*'],
  ])('ends for a path that %s', (_, path) => {
    const nested = Array.from({ length: 30 }).reduce<JsonValue>((a) => ({ a, b: [1] }), 1)
    const object = { ...(nested as JsonObject), text: 'x'.repeat(1_000_000) }
    expect(() => findByJsonPath(object, parseJsonPath(path))).toThrow('leads to too many values')
  })

  it('refuses paths that nobody has written by hand', () => {
    expect(() => parseJsonPath('.a'.repeat(5000))).toThrow('longer than 4096 characters')
  })

  it('follows names that are those of prototypes', () => {
    const object = JSON.parse('{"__proto__": {"constructor": 1}}') as JsonObject
    expect(findByJsonPath(object, parseJsonPath('.__proto__.constructor'))).toEqual([1])
    expect(findByJsonPath({}, parseJsonPath('.__proto__'))).toEqual([])
    expect(findByJsonPath({}, parseJsonPath('.constructor.name'))).toEqual([])
  })

  it.each([
    [2 ** 63, 'float64'],
    [-(2n ** 63n), 'int64'],
    [2 ** 53 - 1, 'int64'],
    [1e300, 'float64'],
    [Number.POSITIVE_INFINITY, 'float64'],
  ])('takes %d for a %s, as Go does', (value, type) => expect(goType(value)).toBe(type))
})
