import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { toFieldsV1 } from '../../../src/controlplane/apply/fields-v1.ts'
import { builtinSchema, crdSchema, emptyObject, type Schema } from '../../../src/controlplane/apply/index.ts'
import { toFieldSet } from '../../../src/controlplane/apply/to-field-set.ts'
import { validate } from '../../../src/controlplane/apply/validate.ts'

const PORTS = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['port', 'protocol'],
  items: {
    type: 'object',
    properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
  },
}

/** A part of a schema, a value, and what is owned by whoever applies that. */
const owned: [string, part: JsonObject, value: JsonValue, fields: object][] = [
  ['objects', { type: 'object', properties: { a: { type: 'string' } } }, { a: 'x' }, { 'f:a': {} }],
  ['maps', { type: 'object', additionalProperties: { type: 'string' } }, { a: 'x' }, { 'f:a': {} }],
  ['atomic objects', { type: 'object', 'x-kubernetes-map-type': 'atomic' }, { a: 'x' }, {}],
  ['lists', { type: 'array', items: { type: 'string' } }, ['a'], {}],
  [
    'sets',
    { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    ['a'],
    { 'v:"a"': {} },
  ],
  [
    'elements by keys, which may have defaults',
    PORTS,
    [{ port: 80 }],
    { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
  ],
  ['numbers or texts', { 'x-kubernetes-int-or-string': true }, '80%', {}],
  [
    'what is not declared but kept',
    {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { a: { type: 'object', properties: {} } },
    },
    { a: { b: 1 }, c: { d: [1] } },
    { 'f:a': { 'f:b': {} }, 'f:c': { '.': {}, 'f:d': {} } },
  ],
  [
    'whole resources, with the metadata that all have',
    { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
    { apiVersion: 'v1', metadata: { finalizers: ['a'] }, spec: { b: 1 } },
    { 'f:apiVersion': {}, 'f:metadata': { 'f:finalizers': { 'v:"a"': {} } }, 'f:spec': { 'f:b': {} } },
  ],
  ['anything, of what no type is given', {}, { a: [1] }, { 'f:a': {} }],
]

describe('the schema of a custom resource', () => {
  it.each(owned)('knows %s', (_, part, value, fields) => {
    const schema = crdSchema({ type: 'object', properties: { part } })
    const object = { apiVersion: 'x.io/v1', kind: 'X', part: value }
    expect(validate(schema, object)).toBe('')
    const { 'f:part': found } = toFieldsV1(toFieldSet(schema, object))
    expect(found).toEqual(fields)
  })

  it('takes everything if there is none', () => {
    expect(validate(crdSchema(undefined), { metadata: { labels: {} }, any: { thing: [1] } })).toBe('')
  })

  it('counts what is malformed as absent', () => {
    const properties = { a: 1, b: { type: 'array', items: [] }, c: { type: [], properties: 2 } }
    const schema = crdSchema({ properties } as unknown as JsonObject)
    expect(validate(schema, { a: { x: 1 }, b: [{}], c: 'x' })).toBe('')
  })
})

const DEPLOYMENT = builtinSchema('apps/v1.Deployment')

const problems: [Schema, JsonValue, string][] = [
  [DEPLOYMENT, { spec: { nope: 1 } }, '.spec.nope: field not declared in schema'],
  [DEPLOYMENT, { spec: { replicas: 'two' } }, '.spec.replicas: expected numeric (int or float), got string'],
  [DEPLOYMENT, { spec: [] }, '.spec: expected map, got &{[]}'],
  [
    DEPLOYMENT,
    { spec: { paused: 1, template: { spec: { containers: {} } } } },
    'errors:\n  .spec.paused: expected boolean, got &{1}\n  .spec.template.spec.containers: expected list, got &{{}}',
  ],
  [
    DEPLOYMENT,
    { spec: { template: { spec: { containers: [{ name: 'c', image: 1 }, { name: 'c' }] } } } },
    'errors:\n  .spec.template.spec.containers[name="c"].image: expected string, got &value.valueUnstructured{Value:1}\n  .spec.template.spec.containers: duplicate entries for key [name="c"]',
  ],
  [
    crdSchema({ properties: { ports: { ...PORTS, 'x-kubernetes-list-map-keys': ['port'] } } }),
    { ports: [{ protocol: 'TCP' }] },
    `.ports: element 0: associative list with keys has an element that omits all key fields ["port"] (and doesn't have default values for any key fields)`,
  ],
  [
    DEPLOYMENT,
    { metadata: { finalizers: ['a', {}] } },
    ".metadata.finalizers: element 1: associative list without keys has an element that's a map type",
  ],
]

describe('a value that is not of its type', () => {
  it.each(problems)('is told so: %#', (schema, value, text) => {
    expect(validate(schema, value)).toBe(text)
  })

  it('may be so deep only', () => {
    let deep: JsonValue = 1
    for (let i = 0; i < 20_000; i++) deep = { a: deep }
    expect(validate(crdSchema(undefined), deep)).toContain('exceeded max depth')
  })
})

describe('a built-in object of which nothing is said', () => {
  it('has what Go writes all the same', () => {
    expect(emptyObject('apps/v1.Deployment', 'apps/v1', 'Deployment')).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {},
      spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, strategy: {} },
      status: {},
    })
  })
})
