import { describe, expect, expectTypeOf, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  anything,
  boolean,
  bytes,
  embeddedResource,
  enumeration,
  int32,
  int64,
  integer,
  intOrString,
  kind,
  list,
  map,
  named,
  narrowed,
  nullable,
  object,
  required,
  string,
  timestamp,
  withDefault,
} from '../../../src/apis/schema/builder.ts'
import type { Infer, Schema } from '../../../src/apis/schema/schema.ts'

const cases: readonly (readonly [name: string, schema: Schema<unknown>, json: object])[] = [
  ['a string', string('x'), { type: 'string' }],
  [
    'a string with limits',
    string('x', { default: 'a', pattern: '^a', minLength: 1, maxLength: 9 }),
    { type: 'string', default: 'a', pattern: '^a', minLength: 1, maxLength: 9 },
  ],
  [
    'an enumeration',
    enumeration('x', ['A', 'B'], { default: 'B' }),
    { type: 'string', enum: ['A', 'B'], default: 'B' },
  ],
  ['a time', timestamp('x'), { type: 'string', format: 'date-time' }],
  ['bytes', bytes('x'), { type: 'string', format: 'byte' }],
  ['a boolean', boolean('x'), { type: 'boolean' }],
  ['a number', integer('x'), { type: 'integer' }],
  [
    'a number of 32 bits with limits',
    int32('x', { default: 0, minimum: -1, maximum: 1 }),
    { type: 'integer', format: 'int32', default: 0, minimum: -1, maximum: 1 },
  ],
  ['a number of 64 bits', int64('x'), { type: 'integer', format: 'int64' }],
  [
    'a number or a string',
    intOrString('x', { default: 0, pattern: '%$' }),
    {
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      default: 0,
      pattern: '%$',
    },
  ],
  ['what may be null', nullable(boolean('x')), { type: 'boolean', nullable: true }],
  ['anything', anything('x'), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }],
  [
    'a whole object',
    embeddedResource('x'),
    { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-embedded-resource': true },
  ],
  ['another default', withDefault(int32('x'), 3), { type: 'integer', format: 'int32', default: 3 }],
]

describe('the schema builder', () => {
  it.each(cases)('makes %s', (_name, schema, json) => {
    expect(schema.json).toEqual({ ...json, description: 'x' })
  })

  it('makes lists', () => {
    const items = string('y')
    expect(list('x', items, { minItems: 1, maxItems: 2 }).json).toEqual({
      type: 'array',
      description: 'x',
      items: { type: 'string', description: 'y' },
      minItems: 1,
      maxItems: 2,
    })
    expect(list('x', items, { atomic: true }).json).toMatchObject({ 'x-kubernetes-list-type': 'atomic' })
    expect(list('x', items, { mapKeys: ['a', 'b'] }).json).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a', 'b'],
    })
  })

  it('makes maps', () => {
    expect(map('x', boolean('y')).json).toEqual({
      type: 'object',
      description: 'x',
      additionalProperties: { type: 'boolean', description: 'y' },
    })
  })

  it('makes objects, and says which fields must be there', () => {
    const validations = [{ rule: 'self.a > 0', message: 'no' }]
    expect(
      object(
        'x',
        { a: required(integer('y')), b: boolean('z') },
        { validations, default: { a: 1 }, atomic: true },
      ).json,
    ).toEqual({
      type: 'object',
      description: 'x',
      properties: {
        a: { type: 'integer', description: 'y' },
        b: { type: 'boolean', description: 'z' },
      },
      required: ['a'],
      default: { a: 1 },
      'x-kubernetes-map-type': 'atomic',
      'x-kubernetes-validations': validations,
    })
    expect(object('x', { a: integer('y') }).json).not.toHaveProperty('required')
  })

  it('makes kinds, which all have metadata', () => {
    const { json } = kind('x', { spec: required(object('y', {})) })
    expect(Object.keys(json.properties ?? {})).toEqual(['apiVersion', 'kind', 'metadata', 'spec'])
    expect(json.properties?.metadata).toEqual({ type: 'object' })
    expect(json.required).toEqual(['spec'])
  })

  it('has types that say the same as the schemas', () => {
    const inner = object('x', { when: nullable(timestamp('x')), mode: enumeration('x', ['A', 'B']) })
    interface Inner extends Infer<typeof inner> {}
    const whole = kind('x', {
      spec: required(
        object('x', {
          name: required(string('x')),
          size: intOrString('x', { pattern: '' }),
          inner: list('x', named<Inner>(inner)),
          labels: map('x', string('x')),
          choice: narrowed<'C'>(string('x')),
        }),
      ),
    })
    expectTypeOf<Infer<typeof whole>>().toExtend<KubeObject>()
    expectTypeOf<Infer<typeof whole>['spec']>().toEqualTypeOf<{
      readonly name: string
      readonly size?: number | string
      readonly inner?: readonly Inner[]
      readonly labels?: Readonly<Record<string, string>>
      readonly choice?: 'C'
    }>()
    expectTypeOf<Inner>().toMatchObjectType<{
      readonly when?: string | null
      readonly mode?: 'A' | 'B'
    }>()
  })
})
