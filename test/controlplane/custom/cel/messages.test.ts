import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MessageTypes } from '../../../../src/cel/checker.ts'
import { compile } from '../../../../src/cel/compile.ts'
import { CostMeter } from '../../../../src/cel/cost.ts'
import { evaluate } from '../../../../src/cel/evaluator.ts'
import { withPlainMessages } from '../../../../src/cel/message-literals.ts'
import { BOOL, DYN, INT, printType, STRING } from '../../../../src/cel/types.ts'
import type { Value } from '../../../../src/cel/values.ts'

const TYPES: MessageTypes = (name) => {
  if (name === 'Patch')
    return {
      kind: 'object',
      name,
      fields: new Map([
        ['op', STRING],
        ['count', INT],
        ['value', DYN],
      ]),
    }
  return name === 'Any' || name.startsWith('Any.')
    ? { kind: 'object', name, fields: new Map(), rest: DYN }
    : undefined
}
const SCOPE = new Map([['x', { ...DYN }]])

function result(text: string): Value | string {
  const compiled = compile(text, SCOPE, { messageTypes: TYPES })
  if ('problem' in compiled) return compiled.problem
  const frame = { name: 'x', value: 7n, outer: undefined }
  return evaluate(compiled.expression, frame, new CostMeter())
}

describe('a message', () => {
  it.each<[string, Value]>([
    ['Patch{op: "add"}.op', 'add'],
    ['Patch { op : "add" , count: 1, }.count', 1n],
    ['Patch{op: "add"}.op == "{" || "Any{a: 1}".size() == 9', true],
    ['has(Patch{op: "add"}.op) && !has(Patch{op: "add"}.count)', true],
    ['Any.spec{template: Any.spec.template{a: {"b": [x]}}}.template.a.b[0]', 7n],
    ['Any{a: Any.a{namespace: "n"}}.a.namespace', 'n'],
    ['Any{`odd`: 1}.odd', 1n],
    ['Any{?a: optional.of(1), ?b: optional.none()}.a', 1n],
    ['has(Any{?a: optional.none()}.a)', false],
    ['[Any{a: 1}, Any{a: 2}].map(e, e.a)[1]', 2n],
    ['Any{a: 1} == Any{a: 1} && Any{a: 1} != Any{a: 2} && dyn(Any{a: 1}) != Any.b{a: 1}', true],
    ['x in {7: Any{a: 1}}', true],
    ['x in {"a": 1}', false],
    ["r'\\d{' + Any{a: 'b'}.a", '\\d{b'],
    ['"""a"{b: 1}""" + Any{a: \'c\'}.a', 'a"{b: 1}c'],
    ['// Any{\nAny{a: 1}.a // }', 1n],
  ])('is made by %s', (text, expected) => {
    expect(result(text)).toEqual(expected)
  })

  it.each([
    [
      'None{a: 1}',
      "ERROR: <input>:1:5: undeclared reference to 'None' (in container '')\n | None{a: 1}\n | ....^",
    ],
    ['Patch{none: 1}', "undefined field 'none'"],
    ['Patch{op: 1}', "expected type of field 'op' is 'string' but provided type is 'int'"],
    [
      'Any{a: 1, b: y}',
      "ERROR: <input>:1:14: undeclared reference to 'y' (in container '')\n | Any{a: 1, b: y}",
    ],
    ['Any{a: 1}.none + y', "ERROR: <input>:1:18: undeclared reference to 'y'"],
    ['Any{1: 2}', 'a field of a message needs a name'],
    ['Any{a}', 'Syntax error'],
    ['Any{a: 1', 'Syntax error'],
    ['x[{"a": 1}]{b: 2}', 'Syntax error'],
    ['x(){a: 1}', 'Syntax error'],
    ['Any{a: 1} + 1', 'found no matching overload'],
  ])('is none in %s', (text, problem) => {
    expect(result(text)).toContain(problem)
  })

  it('of a type has that type', () => {
    const compiled = compile('[1].map(e, Patch{op: "a"})', SCOPE, { messageTypes: TYPES })
    expect('type' in compiled && printType(compiled.type)).toBe('list(Patch)')
    expect(compile('Patch{op: "a"} == Patch{op: "b"}', SCOPE, { messageTypes: TYPES })).toMatchObject({
      type: BOOL,
    })
  })
})

describe('a text without messages', () => {
  it('knows every place of what it was made of', () => {
    const parts = fc.constantFrom(
      'Any',
      '{',
      '}',
      'a',
      ':',
      ',',
      '"',
      "'",
      '\\',
      '`',
      ' ',
      '\n',
      '//',
      'r"',
      '"""',
      '?',
      '[',
      ']',
      'in',
      '1',
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (tokens) => {
        const text = tokens.join('')
        const { text: plain, original } = withPlainMessages(text)
        const kept = [...plain].filter((_, index) => original(index) !== original(index + 1)).join('')
        expect(kept).toBe(text)
      }),
    )
  })

  it('is the same where there is none', () => {
    const text = 'a.b["{"] in {"x": {"y": 1}} ? "Any{a: 1}" : r"\\"'
    expect(withPlainMessages(text).text).toBe(text)
  })
})
