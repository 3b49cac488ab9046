import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { FieldSet } from '../../../src/controlplane/apply/field-set.ts'
import {
  mapListOf,
  mapOf,
  NUMBER,
  OBJECT_META,
  SCALAR,
  STRING,
  setOf,
  singleVersion,
  structOf,
  UNTYPED,
} from '../../../src/controlplane/apply/index.ts'
import { fieldElement, keyElement, valueElement } from '../../../src/controlplane/apply/path-element.ts'

/** Names that JavaScript has plans of its own for are among them. */
export const names = fc.constantFrom(
  'a',
  'b',
  'c',
  '0',
  '__proto__',
  'constructor',
  'toString',
  'é',
  '\u{1F600}',
)
const scalars = fc.constantFrom<JsonValue>('x', 'y', '', 1, 2.5, true, false)

/** One thing of each kind that there is in schemas. */
export const thing = singleVersion({
  apiVersion: 'test.io/v1',
  kind: 'Thing',
  schema: structOf({
    apiVersion: STRING,
    kind: STRING,
    metadata: OBJECT_META,
    data: mapOf(SCALAR),
    tags: setOf(STRING),
    ports: mapListOf(structOf({ port: NUMBER, protocol: STRING, name: STRING, labels: mapOf(STRING) }), [
      'port',
      { name: 'protocol', default: 'TCP' },
    ]),
    selector: structOf({ matchLabels: mapOf(STRING) }, { atomic: true }),
    any: UNTYPED,
    nested: structOf({ replicas: NUMBER, note: STRING }),
  }),
})

const records = <T>(values: fc.Arbitrary<T>) =>
  fc.dictionary(names, values, { maxKeys: 4, noNullPrototype: true })

const port = fc.record(
  {
    port: fc.constantFrom(80, 443, 8080),
    protocol: fc.constantFrom('TCP', 'UDP'),
    name: fc.constantFrom('web', 'other'),
    labels: records(fc.constantFrom('x', 'y')),
  },
  { requiredKeys: ['port'], noNullPrototype: true },
)

const contents = fc.record(
  {
    data: records(scalars),
    tags: fc.uniqueArray(fc.constantFrom('t', 'u', 'v', '<&>')),
    ports: fc.uniqueArray(port, {
      selector: ({ port: number, protocol = 'TCP' }) => `${number}/${protocol}`,
    }),
    selector: fc.record({ matchLabels: records(fc.constantFrom('x', 'y')) }, { noNullPrototype: true }),
    any: records(fc.oneof(scalars, records(scalars), fc.array(scalars, { maxLength: 2 }))),
    nested: fc.record(
      { replicas: fc.nat(2), note: fc.constantFrom('n', 'm') },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
)

export const things: fc.Arbitrary<JsonObject> = contents.map(
  (each): JsonObject => ({ apiVersion: 'test.io/v1', kind: 'Thing', metadata: { name: 't' }, ...each }),
)

const elements = fc.oneof(
  names.map(fieldElement),
  fc
    .dictionary(names, scalars, { minKeys: 1, maxKeys: 2 })
    .map((fields) => keyElement(Object.entries(fields))),
  scalars.map(valueElement),
)

export const fieldSets = fc
  .array(fc.array(elements, { minLength: 1, maxLength: 4 }), { maxLength: 8 })
  .map((paths) => FieldSet.of(...paths))

export const garbage = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>
