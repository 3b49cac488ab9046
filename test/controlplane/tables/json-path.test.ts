import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../src/controlplane/api/json.ts'
import { evaluateJsonPath } from '../../../src/controlplane/tables/evaluate-json-path.ts'
import { JsonPathError, parseJsonPath } from '../../../src/controlplane/tables/json-path.ts'

const OBJECT = {
  spec: { size: 5, 'a.b': 'dotted', 'c/d': 'slashed', nothing: null },
  list: [1, 2, 3, 4, 5],
  empty: [],
  status: {
    conditions: [
      { type: 'Ready', status: 'True', count: 3 },
      { type: 'Other', status: 'False', count: 7, extra: true },
      { type: 'Say "hi"', status: 'Unknown', count: 9 },
    ],
  },
}

function find(path: string, value: JsonValue = OBJECT): readonly JsonValue[] {
  return evaluateJsonPath(parseJsonPath(path), value)
}

describe('a JSONPath of a printer column', () => {
  it.each<[string, JsonValue[]]>([
    ['.spec.size', [5]],
    ['$.spec.size', [5]],
    ['.spec.none.deeper', []],
    ['.spec.size.deeper', []],
    ['.spec.nothing', [null]],
    ['.spec.nothing.deeper', []],
    ['.spec.a\\.b', ['dotted']],
    [".spec['a\\.b']", ['dotted']],
    [".spec['a.b']", []],
    [".spec['size']", [5]],
    ['.spec.c/d', ['slashed']],
    ['.spec.*', [5, 'dotted', 'slashed', null]],
    ['.list[0]', [1]],
    ['.list[-1]', [5]],
    ['.list[-2:]', [4, 5]],
    ['.list[1:3]', [2, 3]],
    ['.list[::2]', [1, 3, 5]],
    ['.list[:-1]', [1, 2, 3, 4]],
    ['.list[*]', [1, 2, 3, 4, 5]],
    ['.list[2:2]', []],
    ['.list[0, 2]', [1, 3]],
    ['.empty[*]', []],
    ['.none[7]', []],
    ['.status.conditions[*].type', ['Ready', 'Other', 'Say "hi"']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Other')].status", ['False']],
    ['.status.conditions[?(@.type == "Ready")].status', ['True']],
    ['.status.conditions[?(@.type=="Say \\"hi\\"")].status', ['Unknown']],
    ['.status.conditions[?(@.type!="Ready")].status', ['False', 'Unknown']],
    ['.status.conditions[?(@.count>3)].type', ['Other', 'Say "hi"']],
    ['.status.conditions[?(@.count<=7)].type', ['Ready', 'Other']],
    ['.status.conditions[?(@.extra)].type', ['Other']],
    ['.status.conditions[?(@.extra==true)].type', ['Other']],
    ['.status.conditions[?(@.none=="x")].type', []],
    ['..type', ['Ready', 'Other', 'Say "hi"']],
  ])('%s', (path, found) => {
    expect(find(path)).toEqual(found)
  })

  it.each([
    '.list[5]',
    '.list[-6]',
    '.list[3:9]',
    '.list[3:1]',
    '.list[0:4:0]',
    '.empty[0]',
    '.empty[-1]',
    '.spec[0]',
    '.spec[?(@.a)]',
    '.none[*]x.none',
    'spec.size',
    '{range .list}',
    '.status.conditions[?(@.count=="3")].type',
    '.status.conditions[?(@.extra<true)].type',
    '.status.conditions[?(@.count=<3)].type',
    '.status.conditions[?(@.*=="x")].type',
  ])('%s does not fit the object, or nothing', (path) => {
    expect(() => find(path)).toThrow(JsonPathError)
  })

  it.each([
    '.a[',
    '.a[x]',
    '.a[1.5]',
    '.a[?(@.b',
    '.a[?(@.b)',
    '.a[?(@.b=="c)]',
    '.a....b',
    '#',
    '"x',
    '.a{',
  ])('%s is none', (path) => {
    expect(() => parseJsonPath(path)).toThrow(JsonPathError)
  })

  it('reads no member that the object does not have itself', () => {
    expect(find('.constructor', {})).toEqual([])
    expect(find('.__proto__.x', JSON.parse('{"__proto__":{"x":1}}'))).toEqual([1])
    expect(find('.__proto__', {})).toEqual([])
  })

  it('gives up when its unions multiply', () => {
    const nested = JSON.parse(`${'['.repeat(40)}1${']'.repeat(40)}`) as JsonValue
    expect(() => find('[0,0]'.repeat(40), nested)).toThrow('visits more than')
  })

  it('descends as deep as an object goes', () => {
    let deep: JsonValue = { last: 1 }
    for (let depth = 0; depth < 20_000; depth++) deep = { next: deep }
    expect(find('..last', deep)).toEqual([1])
  })

  it('says of any text whether it is one, and ends', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '[',
      ']',
      '?(',
      ')',
      '@',
      '$',
      '*',
      "'",
      '"',
      '\\',
      ',',
      ':',
      '-',
      '1',
      'a',
      ' ',
      '==',
      '<',
      '{',
      '}',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.jsonValue(), (pieces, value) => {
        try {
          expect(Array.isArray(find(pieces.join(''), value as JsonValue))).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(JsonPathError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
