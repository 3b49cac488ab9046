import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { MAX_SCHEMA_DEPTH, simplify, unfold } from '../../../src/controlplane/openapi/structural-schema.ts'
import { at, document, documentsOf, objectsIn, schemasIn, thingsWith } from './published.ts'

const NAME = 'io.things.v1.Thing'
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }]

async function published(definition: JsonObject): Promise<{ v3: JsonObject; v2: JsonObject }> {
  const documents = documentsOf(definition)
  const v3 = await document(documents, '/openapi/v3/apis/things.io/v1')
  const v2 = await document(documents, '/openapi/v2')
  return {
    v3: at(v3, 'components', 'schemas', NAME) as JsonObject,
    v2: at(v2, 'definitions', NAME) as JsonObject,
  }
}

describe('unfolding', () => {
  const cases: [name: string, schema: JsonObject, unfolded: JsonObject][] = [
    [
      'says which types a number or text may have',
      { 'x-kubernetes-int-or-string': true },
      { 'x-kubernetes-int-or-string': true, anyOf: INT_OR_STRING },
    ],
    [
      'does not say so twice',
      { 'x-kubernetes-int-or-string': true, anyOf: INT_OR_STRING },
      { 'x-kubernetes-int-or-string': true, anyOf: INT_OR_STRING },
    ],
    [
      'does not say so twice, within what else must hold either',
      { 'x-kubernetes-int-or-string': true, allOf: [{ anyOf: INT_OR_STRING }, { pattern: 'a' }] },
      { 'x-kubernetes-int-or-string': true, allOf: [{ anyOf: INT_OR_STRING }, { pattern: 'a' }] },
    ],
    [
      'leaves other alternatives alone',
      { 'x-kubernetes-int-or-string': true, anyOf: [{ pattern: 'a' }] },
      { 'x-kubernetes-int-or-string': true, anyOf: [{ pattern: 'a' }], allOf: [{ anyOf: INT_OR_STRING }] },
    ],
    [
      'reaches every schema within',
      {
        type: 'object',
        properties: { a: { 'x-kubernetes-int-or-string': true } },
        additionalProperties: { type: 'array', items: { 'x-kubernetes-int-or-string': true } },
      },
      {
        type: 'object',
        properties: { a: { 'x-kubernetes-int-or-string': true, anyOf: INT_OR_STRING } },
        additionalProperties: {
          type: 'array',
          items: { 'x-kubernetes-int-or-string': true, anyOf: INT_OR_STRING },
        },
      },
    ],
    ['drops flags that say nothing', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'takes a property called items for a property',
      { type: 'object', properties: { items: { type: 'string' } } },
      { type: 'object', properties: { items: { type: 'string' } } },
    ],
  ]
  it.each(cases)('%s', (_name, schema, unfolded) => {
    expect(unfold(schema)).toEqual(unfolded)
  })
})

describe('simplifying', () => {
  const cases: [name: string, schema: JsonObject, simple: JsonObject][] = [
    [
      'drops what kubectl cannot read',
      { type: 'string', anyOf: [{}], oneOf: [{}], allOf: [{}], not: {}, default: 'a', enum: ['a'] },
      { type: 'string', enum: ['a'] },
    ],
    [
      'says nothing of what may be null',
      { type: 'object', nullable: true, properties: { a: { type: 'string' } } },
      {},
    ],
    [
      'requires nothing that may be null',
      {
        type: 'object',
        required: ['a', 'b'],
        properties: { a: { type: 'string', nullable: true }, b: { type: 'string' } },
      },
      { type: 'object', required: ['b'], properties: { a: {}, b: { type: 'string' } } },
    ],
    [
      'requires nothing of a map whose values may be null',
      { type: 'object', required: ['a'], additionalProperties: { type: 'string', nullable: true } },
      { type: 'object', additionalProperties: {} },
    ],
    [
      'mentions no field of an object that keeps unknown ones',
      {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { a: { type: 'string' } },
      },
      { 'x-kubernetes-preserve-unknown-fields': true },
    ],
    [
      'has no list without elements',
      { type: 'array', 'x-kubernetes-preserve-unknown-fields': true, items: { type: 'string' } },
      { 'x-kubernetes-preserve-unknown-fields': true },
    ],
  ]
  it.each(cases)('%s', (_name, schema, simple) => {
    expect(simplify(schema)).toEqual(simple)
  })

  const schemas = fc.letrec<{ schema: JsonObject }>((tie) => ({
    schema: fc.record(
      {
        type: fc.constantFrom('object', 'array', 'string', 'integer'),
        nullable: fc.boolean(),
        'x-kubernetes-preserve-unknown-fields': fc.constant(true),
        'x-kubernetes-int-or-string': fc.constant(true),
        required: fc.subarray(['a', '__proto__', 'items']),
        properties: fc.dictionary(fc.constantFrom('a', '__proto__', 'items'), tie('schema'), { maxKeys: 2 }),
        items: tie('schema'),
        additionalProperties: fc.oneof({ depthSize: 'small' }, fc.boolean(), tie('schema')),
        anyOf: fc.constant([{ type: 'string' }]),
        default: fc.constant({ anyOf: 'a value, no schema' }),
      },
      { requiredKeys: [] },
    ) as unknown as fc.Arbitrary<JsonObject>,
  })).schema

  it('leaves nothing that kubectl stumbles over', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        for (const each of schemasIn(simplify(unfold(schema)))) {
          for (const name of ['anyOf', 'allOf', 'oneOf', 'not', 'nullable', 'default'])
            expect(Object.hasOwn(each, name)).toBe(false)
          if (each.type === 'array') expect(each).toHaveProperty('items')
        }
      }),
    )
  })

  it('changes nothing when done again', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        const simple = simplify(unfold(schema))
        expect(simplify(simple)).toEqual(simple)
      }),
    )
  })
})

describe('a custom kind', () => {
  it('of which nothing is known is any object', async () => {
    const definition = thingsWith({}, { versions: [{ name: 'v1', served: true, storage: true }] })
    const { v3, v2 } = await published(definition)
    const expected = {
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'things.io', kind: 'Thing', version: 'v1' }],
    }
    expect({ v3, v2 }).toEqual({ v3: expected, v2: expected })
  })

  it('that keeps unknown fields is any object to kubectl', async () => {
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {} }
    const { v3, v2 } = await published(thingsWith(schema))
    expect(v3).toHaveProperty('properties.metadata')
    expect(v2).not.toHaveProperty('properties')
  })

  it('with an object of another kind inside says what every object has', async () => {
    const inner = { type: 'object', 'x-kubernetes-embedded-resource': true, required: ['spec'] }
    const open = { ...inner, 'x-kubernetes-preserve-unknown-fields': true }
    const { v3, v2 } = await published(thingsWith({ type: 'object', properties: { inner, open } }))
    for (const each of [
      at(v3, 'properties', 'inner'),
      at(v3, 'properties', 'open'),
      at(v2, 'properties', 'inner'),
    ]) {
      expect(Object.keys(at(each, 'properties') as JsonObject)).toEqual(['apiVersion', 'kind', 'metadata'])
      expect(at(each, 'required')).toEqual(['spec', 'kind', 'apiVersion'])
    }
    expect(at(v2, 'properties', 'open')).not.toHaveProperty('properties')
  })

  it('of the cluster has no namespaces in its paths', async () => {
    const body = await document(documentsOf(thingsWith({ type: 'object' })), '/openapi/v3/apis/things.io/v1')
    expect(Object.keys(body.paths as JsonObject)).toEqual([
      '/apis/things.io/v1/things',
      '/apis/things.io/v1/things/{name}',
    ])
    expect(at(body, 'paths', '/apis/things.io/v1/things', 'get', 'operationId')).toBe('listThingsIoV1Thing')
  })

  it('without a name for its list gets one', async () => {
    const names = { plural: 'things', singular: 'thing', kind: 'Thing' }
    const body = await document(documentsOf(thingsWith({ type: 'object' }, { names })), '/openapi/v2')
    expect(body.definitions).toHaveProperty(['io.things.v1.ThingList'])
  })

  it('is in one document with the others of its group and version, and only while it is served', async () => {
    const version = { name: 'v1', served: true, storage: true }
    const other = { plural: 'others', singular: 'other', kind: 'Other', listKind: 'OtherList' }
    const hidden = {
      names: { ...other, plural: 'hidden', kind: 'Hidden' },
      versions: [{ ...version, served: false }],
    }
    const documents = documentsOf(
      thingsWith({ type: 'object' }),
      thingsWith({ type: 'object' }, { names: other }),
      thingsWith({ type: 'object' }, hidden),
    )
    const body = await document(documents, '/openapi/v3/apis/things.io/v1')
    const names = Object.keys(at(body, 'components', 'schemas') as JsonObject)
    expect(names.filter((name) => name.startsWith('io.things'))).toEqual([
      'io.things.v1.Other',
      'io.things.v1.OtherList',
      'io.things.v1.Thing',
      'io.things.v1.ThingList',
    ])
  })

  it('whose schema is too deep is any object', async () => {
    const nested = (depth: number): JsonObject => {
      let schema: JsonObject = { type: 'string' }
      for (let i = 0; i < depth; i++) schema = { type: 'array', items: schema }
      return { type: 'object', properties: { a: schema } }
    }
    const deep = await published(thingsWith(nested(100_000)))
    expect(deep.v3).not.toHaveProperty('properties')
    const allowed = await published(thingsWith(nested(MAX_SCHEMA_DEPTH - 4)))
    expect(objectsIn(allowed.v2).length).toBeGreaterThan(MAX_SCHEMA_DEPTH - 4)
  })

  const strange: [name: string, definition: JsonValue][] = [
    ['nothing', {}],
    ['texts instead of objects', { metadata: 'a', spec: 'b', status: 'c' }],
    ['lists of anything', thingsWith({ type: 'object' }, { versions: [null, 1, 'a', {}] })],
    ['schemas of anything', thingsWith({ type: 'object', properties: { a: null, b: 1, c: [] }, items: 'x' })],
    [
      'names from prototypes',
      thingsWith(
        { type: 'object' },
        { group: 'constructor', names: { plural: '__proto__', kind: 'toString' } },
      ),
    ],
  ]
  it.each(strange)(
    'is published or left out, but nothing breaks, for a definition of %s',
    async (_name, definition) => {
      const documents = documentsOf(definition as JsonObject)
      const { definitions } = await document(documents, '/openapi/v2')
      expect(Object.keys(definitions as JsonObject).length).toBeGreaterThan(500)
    },
  )
})
