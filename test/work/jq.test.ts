import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/common/json.ts'
import { deleteByJq } from '../../src/work/jq/delete-paths.ts'

const OBJECT: JsonObject = {
  spec: {
    replicas: 3,
    containers: [
      {
        name: 'a',
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', value: '2' },
        ],
        image: 'i',
      },
      { name: 'b', image: 'j' },
    ],
    'odd-name': 1,
  },
}
const spec = (
  change: (draft: {
    replicas?: number
    containers: { env?: unknown; image?: string; name: string }[]
    'odd-name'?: number
  }) => void,
) => {
  const copy = structuredClone(OBJECT) as never as { spec: Parameters<typeof change>[0] }
  change(copy.spec)
  return copy
}

const withoutImages = (containers: object[]) => {
  for (const each of containers) Reflect.deleteProperty(each, 'image')
}

describe("jq's del", () => {
  it.each<[string, object]>([
    ['.spec.replicas', spec((s) => delete s.replicas)],
    ['.spec["odd-name"]', spec((s) => delete s['odd-name'])],
    ['.spec."odd-name"', spec((s) => delete s['odd-name'])],
    ['.spec.nothing.at.all', OBJECT],
    ['.spec.containers[0]', spec((s) => s.containers.shift())],
    ['.spec.containers[-1]', spec((s) => s.containers.pop())],
    ['.spec.containers[1:]', spec((s) => s.containers.pop())],
    ['.spec.containers[]', spec((s) => s.containers.splice(0))],
    ['.spec.containers[].image', spec((s) => withoutImages(s.containers))],
    [
      '.spec.replicas, .spec["odd-name"]',
      spec((s) => ['replicas', 'odd-name'].map((name) => Reflect.deleteProperty(s, name))),
    ],
    ['.spec.containers[] | select(.name == "b")', spec((s) => s.containers.pop())],
    [
      '.spec.containers[].env[]? | select(.name == "X")',
      spec((s) => ((s.containers[0] as { env: unknown }).env = [{ name: 'Y', value: '2' }])),
    ],
    [
      '.spec.containers[] | select(.name | startswith("a")) | .image',
      spec((s) => delete s.containers[0]?.image),
    ],
    ['.spec.containers[] | select(.env | not)', spec((s) => s.containers.pop())],
    ['.spec.containers[] | select(has("env") and (.env | length) > 1)', spec((s) => s.containers.shift())],
    ['.. | .image? // empty', spec((s) => withoutImages(s.containers))],
    ['.spec | if .replicas > 2 then .replicas else empty end', spec((s) => delete s.replicas)],
    ['first(.spec.containers[])', spec((s) => s.containers.shift())],
    ['.spec.containers[] | select(.name | test("^b$"))', spec((s) => s.containers.pop())],
    ['.spec.containers[0:1][0].image', spec((s) => delete s.containers[0]?.image)],
    ['.spec.containers[-1:][-1].image', spec((s) => delete s.containers[1]?.image)],
    ['.spec.containers[0:2][1:][0]', spec((s) => s.containers.pop())],
    ['.spec.containers[0], .spec.containers[0].image', spec((s) => s.containers.shift())],
    ['empty', OBJECT],
  ])('of %s', (expression, expected) => {
    expect(deleteByJq(OBJECT, expression)).toEqual(expected)
  })

  it.each<[string, string]>([
    ['.spec.containers[] | invalid syntax here', 'failed to parse jq expression: unexpected token "syntax"'],
    ['.spec.containers[] | nothing', 'failed to compile jq expression: function not defined: nothing/0'],
    ['.spec.replicas + 1', 'invalid path'],
    ['.spec.replicas[]', 'jq expression returned error: cannot iterate over: number'],
    ['.spec.replicas.x', 'cannot index number with string'],
    ['.a as $x | .b', 'unexpected token "$"'],
    ['', 'unexpected EOF'],
    ['.', 'jq expression result is not a valid object'],
    ['def f: .a; f', 'def is not supported'],
    ['[range(9)]', 'function not defined: range/1'],
    [`${'.. | '.repeat(40)}select(. == "never")`, 'timed out'],
  ])('refuses %s', (expression, message) => {
    expect(() => deleteByJq(OBJECT, expression)).toThrow(message)
  })

  const numbers = Array.from({ length: 20_000 }, (_, index) => index)

  it.each<[string, string]>([
    ['lists that double', `[1]${' | . + .'.repeat(40)} | select(false)`],
    ['texts that double', `"aaaa"${' | . + .'.repeat(40)} | ascii_upcase | select(false)`],
    ['lists in lists', 'select(.list | contains([.[] | 19999]))'],
    ['the same list again and again', `(${'.list, '.repeat(500)}.list) | select(. == [])`],
    ['the same text again and again', `(${'.text, '.repeat(500)}.text) | select(test("(x+x+)+y"))`],
    ['what is forgiven', `(${'.. | '.repeat(40)}empty)?`],
  ])('gives up on %s', (_, expression) => {
    expect(() => deleteByJq({ list: numbers, text: 'x'.repeat(400_000) }, expression)).toThrow('timed out')
  })

  it('takes away many places at once', () => {
    expect(deleteByJq({ list: numbers }, '.list[] | select(. > 9999)')).toEqual({
      list: numbers.slice(0, 10_000),
    })
  })

  it('refuses expressions that nobody has written by hand', () => {
    expect(() => deleteByJq({}, '.a'.repeat(6000))).toThrow('longer than 10000 characters')
  })

  it('knows names that are those of prototypes', () => {
    const object = JSON.parse('{"__proto__": {"a": 1, "b": 2}, "c": 3}') as JsonObject
    expect(JSON.stringify(deleteByJq(object, '.__proto__.a'))).toBe('{"__proto__":{"b":2},"c":3}')
    expect(deleteByJq({ c: 3 }, '.constructor')).toEqual({ c: 3 })
  })
})
