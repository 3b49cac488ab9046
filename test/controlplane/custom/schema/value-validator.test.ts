import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../../src/controlplane/api/json.ts'
import { Correlation } from '../../../../src/controlplane/custom/schema/correlation.ts'
import type { SchemaProps } from '../../../../src/controlplane/custom/schema/schema-props.ts'
import { structuralOf } from '../../../../src/controlplane/custom/schema/structural.ts'
import { valueErrors } from '../../../../src/controlplane/custom/schema/value-validator.ts'
import { busyMs } from '../../../support/processor-time.ts'

function errorsOf(property: SchemaProps, value: JsonValue) {
  const schema = structuralOf({ type: 'object', properties: { f: property } })
  return valueErrors(schema, { f: value }, 'spec').map(({ field, message }) => `${field}: ${message}`)
}

const string = (rest: SchemaProps): SchemaProps => ({ type: 'string', ...rest })

describe('a value', () => {
  it.each<[SchemaProps, JsonValue]>([
    [string({ maxLength: 2 }), '😀😀'],
    [string({ pattern: '^a+$' }), 'aaa'],
    [string({ nullable: true }), null],
    [string({ format: 'unheard-of' }), 'x'],
    [string({ format: 'date-time' }), '2026-02-28T10:00:00.5+01:00'],
    [string({ format: 'duration' }), '3 days'],
    [string({ format: 'ipv6' }), '::1'],
    [string({ format: 'cidr' }), '010.0.0.0/8'],
    [string({ format: 'uuid' }), '123E4567-e89b-12d3-a456-426614174000'],
    [string({ format: 'isbn' }), '978-0321751041'],
    [string({ format: 'byte' }), 'aGk='],
    [{ type: 'number' }, 3],
    [{ type: 'number', multipleOf: 0.1 }, 0.3],
    [{ 'x-kubernetes-int-or-string': true }, '80%'],
    [{ type: 'integer', oneOf: [{ minimum: 5 }, { maximum: 1 }] }, 7],
    [{ type: 'array', items: { type: 'integer' }, minItems: 1 }, [1]],
  ])('that fits: %j %j', (schema, value) => {
    expect(errorsOf(schema, value)).toEqual([])
  })

  it.each<[SchemaProps, JsonValue, readonly string[]]>([
    [string({}), null, ['spec.f: Invalid value: "null": f in body must be of type string: "null"']],
    [string({}), 1, ['spec.f: Invalid value: "integer": f in body must be of type string: "integer"']],
    [string({ maxLength: 1 }), 'aé', ['spec.f: Too long: may not be more than 1 byte']],
    [
      string({ minLength: 3 }),
      '😀😀',
      ['spec.f: Invalid value: "😀😀": f in body should be at least 3 chars long'],
    ],
    [string({ pattern: '^a+$' }), 'ab', [`spec.f: Invalid value: "ab": f in body should match '^a+$'`]],
    [
      string({ format: 'date' }),
      '2026-02-30',
      ['spec.f: Invalid value: "2026-02-30": f in body must be of type date: "2026-02-30"'],
    ],
    [string({ enum: ['a'] }), 'b', ['spec.f: Unsupported value: "b": supported values: "a"']],
    [
      { type: 'integer' },
      1.5,
      [
        'spec.f: Invalid value: "number": f in body must be of type integer: "number"',
        'spec: Invalid value: "": Checked value must be of type integer (default format) in f',
      ],
    ],
    [
      { type: 'integer', format: 'int32' },
      2 ** 31,
      ['spec: Invalid value: "": Checked value must be of type integer with format int32 in f'],
    ],
    [
      { type: 'integer', minimum: 5, exclusiveMinimum: true },
      5,
      ['spec.f: Invalid value: 5: f in body should be greater than 5'],
    ],
    [
      { type: 'number', maximum: 1.5 },
      2.5,
      ['spec.f: Invalid value: 2.5: f in body should be less than or equal to 1.5'],
    ],
    [
      { type: 'integer', multipleOf: 2 },
      3,
      ['spec.f: Invalid value: 3: f in body should be a multiple of 2'],
    ],
    [
      { type: 'array', items: { type: 'integer' }, maxItems: 1 },
      [1, 'a'],
      [
        'spec.f[1]: Invalid value: "string": f[1] in body must be of type integer: "string"',
        'spec.f: Too many: 2: must have at most 1 item',
      ],
    ],
    [
      { type: 'array', minItems: 2 },
      [],
      ['spec.f: Invalid value: 0: f in body should have at least 2 items'],
    ],
    [
      { type: 'object', required: ['a'], minProperties: 1 },
      {},
      ['spec.f: Invalid value: 0: f in body should have at least 1 properties', 'spec.f.a: Required value'],
    ],
    [
      { type: 'object', additionalProperties: { type: 'string' } },
      { a: 1 },
      ['spec.f.a: Invalid value: "integer": f.a in body must be of type string: "integer"'],
    ],
    [
      { type: 'integer', anyOf: [{ minimum: 5 }, { maximum: 1 }] },
      3,
      [
        'spec: Invalid value: "": "f" must validate at least one schema (anyOf)',
        'spec.f: Invalid value: 3: f in body should be greater than or equal to 5',
      ],
    ],
    [
      { type: 'integer', oneOf: [{ minimum: 1 }, { maximum: 9 }] },
      3,
      [
        'spec: Invalid value: "": "f" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    ],
    [
      { type: 'integer', allOf: [{ minimum: 5 }] },
      3,
      [
        'spec.f: Invalid value: 3: f in body should be greater than or equal to 5',
        'spec: Invalid value: "": "f" must validate all the schemas (allOf). None validated',
      ],
    ],
    [
      { type: 'integer', not: { minimum: 1 } },
      3,
      ['spec: Invalid value: "": "f" must not validate the schema (not)'],
    ],
  ])('that does not fit: %j %j', (schema, value, messages) => {
    expect(errorsOf(schema, value)).toEqual(messages)
  })

  it('is matched in time that the pattern cannot multiply', () => {
    const tookMs = busyMs(() => {
      expect(errorsOf(string({ pattern: '^(a+)+$' }), `${'a'.repeat(20_000)}!`)).toHaveLength(1)
    })
    expect(tookMs).toBeLessThan(3000)
  })
})

describe('a value in which all is wrong', () => {
  it('is not looked at to its end', () => {
    const items = Array.from({ length: 200_000 }, () => 1)
    const tookMs = busyMs(() => {
      expect(errorsOf({ type: 'array', items: { type: 'string' } }, items)).toHaveLength(1000)
    })
    expect(tookMs).toBeLessThan(2000)
  })
})

describe('a value that was wrong before', () => {
  const schema = structuralOf({
    type: 'object',
    properties: {
      a: { type: 'string', maxLength: 1 },
      list: { type: 'array', items: { type: 'string', maxLength: 1 } },
      map: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'string', maxLength: 1 } } },
      },
    },
  })
  const fieldsOf = (value: JsonValue, old: JsonValue) =>
    valueErrors(schema, value, '', new Correlation(value, old, schema)).map(({ field }) => field)

  it.each<[JsonValue, JsonValue, readonly string[]]>([
    [{ a: 'long' }, { a: 'long' }, []],
    [{ a: 'long', list: ['x'] }, { a: 'long' }, []],
    [{ a: 'longer' }, { a: 'long' }, ['a']],
    [{ list: ['long'] }, { list: ['long'] }, []],
    [{ list: ['long', 'x'] }, { list: ['long'] }, ['list[0]']],
    [{ map: [{ k: 'b' }, { k: 'a', v: 'long' }] }, { map: [{ k: 'a', v: 'long' }] }, []],
    [{ map: [{ k: 'b', v: 'long' }] }, { map: [{ k: 'a', v: 'long' }] }, ['map[0].v']],
  ])('may stay: %j after %j', (value, old, fields) => {
    expect(fieldsOf(value, old)).toEqual(fields)
  })
})
