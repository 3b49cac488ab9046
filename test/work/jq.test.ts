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
    ['empty', OBJECT],
  ])('of %s', (expression, expected) => {
    expect(deleteByJq(OBJECT, expression)).toEqual(expected)
  })

  it.each<[string, string]>([
    ['.spec.containers[] | invalid syntax here', 'unexpected token "syntax"'],
    ['.spec.containers[] | nothing', 'function not defined: nothing/0'],
    ['.spec.replicas + 1', 'invalid path'],
    ['.spec.replicas[]', 'cannot iterate over: number'],
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
})
