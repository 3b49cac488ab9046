import { describe, expect, it } from 'vitest'
import { compileRules } from '../../../../src/controlplane/custom/cel/compile-rules.ts'
import { mostOf, type SizedType, sizedType } from '../../../../src/controlplane/custom/cel/sized-type.ts'
import { staticCost } from '../../../../src/controlplane/custom/cel/static-cost.ts'
import type { SchemaProps } from '../../../../src/controlplane/custom/schema/schema-props.ts'
import { structuralOf } from '../../../../src/controlplane/custom/schema/structural.ts'

function scalar(name: string): SchemaProps {
  if (name === 'int-or-string') return { 'x-kubernetes-int-or-string': true }
  return ['duration', 'date', 'date-time', 'byte'].includes(name)
    ? { type: 'string', format: name }
    : { type: name }
}
const array =
  (items: string | SchemaProps) =>
  (maxItems?: number): SchemaProps => ({
    type: 'array',
    items: typeof items === 'string' ? scalar(items) : items,
    ...(maxItems === undefined ? {} : { maxItems }),
  })
const map =
  (values: string | SchemaProps) =>
  (maxProperties?: number): SchemaProps => ({
    type: 'object',
    additionalProperties: typeof values === 'string' ? scalar(values) : values,
    ...(maxProperties === undefined ? {} : { maxProperties }),
  })
const text = (maxLength?: number): SchemaProps => ({
  type: 'string',
  ...(maxLength === undefined ? {} : { maxLength }),
})
const bytes = (maxLength?: number): SchemaProps => ({ ...text(maxLength), format: 'byte' })

function sized(schema: SchemaProps): SizedType {
  return sizedType(structuralOf(schema)) as SizedType
}

function costOf(schema: SchemaProps, rule: string): number {
  const [compiled] = compileRules(structuralOf({ ...schema, 'x-kubernetes-validations': [{ rule }] }), false)
  if (!compiled?.expression) throw new Error(compiled?.problem)
  return staticCost(compiled.expression, sized(schema))
}

describe('the cost of a rule', () => {
  /** As the original's own tests have it: without a limit, and with one. */
  it.each<[(limit?: number) => SchemaProps, string, number, number, number]>([
    [array('number'), 'self.all(x, true)', 4718591, 10, 32],
    [array('string'), 'self.all(x, true)', 3145727, 20, 62],
    [array('boolean'), 'self.all(x, true)', 1887437, 5, 17],
    [array({ type: 'array', items: { type: 'number' } }), 'self.all(x, true)', 3145727, 100, 302],
    [map('number'), 'self.all(x, true)', 1348169, 10, 32],
    [map('string'), 'self.all(x, true)', 1179647, 3, 11],
    [map('boolean'), 'self.all(x, true)', 943718, 100, 302],
    [text, "self.contains('test')", 314574, 10, 5],
    [text, "self.startsWith('test')", 2, 15, 2],
    [text, "self.endsWith('test')", 2, 30, 2],
    [array('number'), 'self[1] == 0.0', 2, 5000, 2],
    [array('string'), 'self[1] == self[1]', 314577, 8, 314577],
    [array('number'), 'self.all(x, self.all(y, self.all(z, true)))', Number.POSITIVE_INFINITY, 10, 3552],
    [array('number'), 'self.all(x, self.all(y, true))', Number.POSITIVE_INFINITY, 10, 352],
    [text, 'self.matches("x")', 314574, 50, 22],
    [text, '"".matches("(((((((((())))))))))[0-9]")', 7, 10, 7],
    [text, 'self.matches("")', 1, 100, 1],
    [text, 'self == "x"', 2, 0, 1],
    [bytes, 'self == b"x"', 2, 0, 1],
    [map('number'), 'self["x"] == 0.0', 2, 0, 2],
    [array('number'), 'self.all(x, x == 0.0)', 6291454, 3 * 1024 * 2048, 25165826],
    [array('int-or-string'), 'self.all(x, true)', 4718591, 10, 32],
    [array('int-or-string'), 'self[0] == 5', 3, 10, 3],
    [array('boolean'), 'self[0] == false', 2, 25, 2],
    [array({ type: 'array', items: { type: 'number' } }), 'self[0][0] == -1.0', 3, 51, 3],
    [array('duration'), 'self.all(x, true)', 2359295, 5, 17],
    [array('date'), 'self.all(x, true)', 725936, 15, 47],
    [array('date-time'), 'self.all(x, true)', 428963, 25, 77],
    [map('int-or-string'), 'self.all(x, true)', 1348169, 15, 47],
    [map(map('number')()), 'self.all(x, true)', 1179647, 10, 32],
    [map('duration'), 'self.all(x, true)', 1048577, 5, 17],
    [map('date'), 'self.all(x, true)', 524288, 10, 32],
    [map('date-time'), 'self.all(x, true)', 349526, 25, 77],
    [map('integer'), 'oldSelf.size() == self.size()', 5, 10, 5],
    [map('date-time'), 'self["a"] == self["b"]', 8, 10, 8],
    [map('duration'), 'self["c"] == self["d"]', 8, 10, 8],
  ])('%#: %s', (schema, rule, unlimited, limit, limited) => {
    const cost = costOf(schema(), rule)
    if (unlimited === Number.POSITIVE_INFINITY) expect(cost).toBeGreaterThan(1e9)
    else expect(cost).toBeLessThanOrEqual(unlimited)
    expect(costOf(schema(limit), rule)).toBeLessThanOrEqual(limited)
    // Of a few units, some are not counted.
    if (unlimited !== Number.POSITIVE_INFINITY) expect(cost).toBeGreaterThanOrEqual(unlimited - 5)
    expect(costOf(schema(limit), rule)).toBeGreaterThanOrEqual(limited - 5)
  })
})

describe('how often a value can be there', () => {
  it.each<[SchemaProps, number]>([
    [{ type: 'string' }, 1048576],
    [{ type: 'object', required: ['name'], properties: { name: { type: 'string' } } }, 241979],
    [{ type: 'object', required: ['name'], properties: { name: { type: 'string', default: 'x' } } }, 1048576],
  ])('%j: %d', (schema, expected) => {
    expect(mostOf(sized(schema))).toBe(expected)
  })
})
