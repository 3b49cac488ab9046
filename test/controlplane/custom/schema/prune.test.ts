import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { MalformedBody } from '../../../../src/controlplane/codec/index.ts'
import { withSchemaDefaults } from '../../../../src/controlplane/custom/schema/defaults.ts'
import { pruneResource } from '../../../../src/controlplane/custom/schema/prune.ts'
import type { SchemaProps } from '../../../../src/controlplane/custom/schema/schema-props.ts'
import { structuralOf } from '../../../../src/controlplane/custom/schema/structural.ts'

const PRESERVE = 'x-kubernetes-preserve-unknown-fields'
const object = (properties: Record<string, SchemaProps>, rest: SchemaProps = {}): SchemaProps => ({
  type: 'object',
  properties,
  ...rest,
})
const prune = (schema: SchemaProps, value: JsonObject, malformed: 'refuse' | 'drop' = 'refuse') =>
  pruneResource(value, structuralOf(schema), malformed)

describe('pruning', () => {
  it('keeps what the schema knows, and what every object has', () => {
    const schema = object({
      list: { type: 'array', items: object({ a: { type: 'string' } }) },
      map: { type: 'object', additionalProperties: object({}) },
    })
    const value = {
      apiVersion: 'v1',
      kind: 'K',
      metadata: { x: 1 },
      list: [{ a: 'b', c: 1 }],
      map: { k: { y: 1 } },
      z: 1,
    }
    expect(prune(schema, value)).toEqual({
      object: { apiVersion: 'v1', kind: 'K', metadata: { x: 1 }, list: [{ a: 'b' }], map: { k: {} } },
      unknownFields: ['list[0].c', 'map.k.y', 'z'],
    })
  })

  it('leaves alone what is to be preserved, but for what is declared within', () => {
    const schema = object({ any: object({ known: object({}) }, { [PRESERVE]: true }) })
    const { object: kept, unknownFields } = prune(schema, { any: { known: { x: 1 }, other: { y: [1] } } })
    expect(kept).toEqual({ any: { known: {}, other: { y: [1] } } })
    expect(unknownFields).toEqual(['any.known.x'])
    const items = object({ l: { type: 'array', [PRESERVE]: true } })
    expect(prune(items, { l: [{ x: 1 }] }).object).toEqual({ l: [{ x: 1 }] })
  })

  it('keeps the metadata of objects within, other than what is empty or unknown', () => {
    const schema = object({
      raw: { type: 'object', 'x-kubernetes-embedded-resource': true, [PRESERVE]: true },
    })
    const raw = {
      apiVersion: 'v1',
      kind: 'K',
      metadata: { name: 'n', creationTimestamp: null, odd: 1 },
      spec: 1,
    }
    expect(prune(schema, { raw })).toEqual({
      object: { raw: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: 1 } },
      unknownFields: ['raw.metadata.odd'],
    })
  })

  describe('objects within, of which something is of a wrong type', () => {
    const schema = object({
      list: {
        type: 'array',
        items: { type: 'object', 'x-kubernetes-embedded-resource': true, [PRESERVE]: true },
      },
    })
    const within = (rest: JsonObject) => ({ list: [{ apiVersion: 'v1', kind: 'K', ...rest }] })

    it.each([
      [
        { metadata: { name: 'n', namespace: 5 } },
        'list[0].metadata: Invalid value: {"name":"n","namespace":5}: json: cannot unmarshal number into Go struct field ObjectMeta.namespace of type string',
        { metadata: { name: 'n' } },
      ],
      [
        { metadata: { labels: { a: true }, annotations: {} } },
        'list[0].metadata: Invalid value: {"labels":{"a":true},"annotations":{}}: json: cannot unmarshal bool into Go struct field ObjectMeta.labels of type string',
        { metadata: {} },
      ],
      [
        { metadata: [] },
        'list[0].metadata: Invalid value: []: json: cannot unmarshal array into Go value of type v1.ObjectMeta',
        { metadata: [] },
      ],
      [{ kind: 1 }, 'list[0].kind: Invalid value: 1: must be a string', { kind: undefined }],
    ])('%j', (rest: JsonObject, message, kept) => {
      expect(() => prune(schema, within(rest))).toThrow(new MalformedBody(message))
      expect(prune(schema, within(rest), 'drop').object).toEqual(within(kept as JsonObject))
    })

    it('have metadata where they say that it is null', () => {
      expect(prune(schema, within({ metadata: null })).object).toEqual(within({ metadata: {} }))
    })
  })

  it('takes names of JavaScript for names like others', () => {
    const value = JSON.parse(
      '{"__proto__": {"x": 1}, "constructor": 1, "a": {"__proto__": "y"}}',
    ) as JsonObject
    const schema = object({ a: { type: 'object', additionalProperties: { type: 'string' } } })
    const { object: kept, unknownFields } = prune(schema, value)
    expect(JSON.stringify(kept)).toBe('{"a":{"__proto__":"y"}}')
    expect(unknownFields).toEqual(['__proto__', 'constructor'])
  })
})

describe('defaulting', () => {
  const schema = structuralOf(
    object({
      b: { type: 'integer', default: 2 },
      a: object({ x: { type: 'string', default: 'y' } }),
      c: object({ z: { type: 'string', default: 'w' } }, { default: {} }),
      nullable: { type: 'string', nullable: true, default: 'n' },
      list: { type: 'array', items: object({ d: { type: 'boolean', default: true } }) },
      map: { type: 'object', additionalProperties: object({ e: { type: 'integer', default: 1 } }) },
    }),
  )

  it.each<[JsonObject, JsonObject]>([
    [{}, { b: 2, c: { z: 'w' }, nullable: 'n' }],
    [
      { a: {}, b: 3 },
      { a: { x: 'y' }, b: 3, c: { z: 'w' }, nullable: 'n' },
    ],
    [
      { a: null, b: null, nullable: null },
      { b: 2, c: { z: 'w' }, nullable: null },
    ],
    [
      { list: [{}], map: { k: {} }, c: {}, nullable: 'm', b: 1 },
      { b: 1, c: { z: 'w' }, list: [{ d: true }], map: { k: { e: 1 } }, nullable: 'm' },
    ],
  ])('fills in %j', (value, filled) => {
    expect(withSchemaDefaults(value, schema)).toEqual(filled)
  })

  it('writes members in the order of their names', () => {
    expect(Object.keys(withSchemaDefaults({ nullable: 'x' }, schema) as JsonObject)).toEqual([
      'b',
      'c',
      'nullable',
    ])
  })
})
