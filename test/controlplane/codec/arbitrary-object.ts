import fc from 'fast-check'
import { parseExactJson } from '../../../src/common/exact-json.ts'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { builtinType, jsonFieldsOf } from '../../../src/controlplane/schema/builtin-types.ts'
import type { FieldType } from '../../../src/controlplane/schema/type-facts.ts'

/** Beyond this, objects have no more objects in them. */
const MAX_DEPTH = 5

const anyString = fc.oneof(
  fc.constantFrom('', 'a', 'nginx:1.27', 'ünïcode ☸', '<&>', '__proto__', '10'),
  fc.string({ unit: 'binary' }),
)
const seconds = fc.integer({ min: -62_000_000_000, max: 253_000_000_000 })
const quantity = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.nat(100_000),
    fc.constantFrom('', '.5', '.25'),
    fc.constantFrom('', 'm', 'k', 'Ki', 'Gi', 'e3'),
  )
  .map((parts) => parts.join(''))
const plainJson = fc
  .jsonValue({ maxDepth: 2 })
  .map((each) => parseExactJson(JSON.stringify(each)) as JsonValue)

/** JSON of a built-in type as some client could send it: fields here and there, not normalised. */
export function arbitraryObject(typeId: string, depth = 0): fc.Arbitrary<JsonObject> {
  const fields = jsonFieldsOf(typeId).filter(
    ({ field }) =>
      (depth < MAX_DEPTH || isFlat(field.type)) && field.name !== 'kind' && field.name !== 'apiVersion',
  )
  const frequency = depth < 2 ? 3 : Math.max(3, fields.length)
  const members = fields.map(({ field }) => [
    field.name,
    fc.option(
      fc.constant(null).chain(() => arbitraryValue(field.type, depth + 1)),
      {
        nil: undefined,
        freq: frequency > 3 ? 1 : 2,
      },
    ),
  ])
  return fc.record(Object.fromEntries(members)).map((record) => {
    const entries = Object.entries(record as JsonObject).filter(([, value]) => value !== undefined)
    return Object.fromEntries(entries)
  })
}

function arbitraryValue(type: FieldType, depth: number): fc.Arbitrary<JsonValue> {
  switch (type.kind) {
    case 'list':
      return fc.array(arbitraryValue(type.element, depth), { maxLength: 3 })
    case 'map':
      return fc
        .array(fc.tuple(anyString, arbitraryValue(type.value, depth)), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries))
    case 'message':
      return arbitraryMessage(type.id, depth)
    case 'scalar':
    case 'wellKnown':
      return arbitraryScalar(type.name)
  }
}

function arbitraryMessage(id: string, depth: number): fc.Arbitrary<JsonValue> {
  const { form, fields } = builtinType(id)
  if (form === 'object') return arbitraryObject(id, depth)
  if (form === 'list') return fc.array(anyString, { maxLength: 2 })
  return fc.oneof(
    ...fields.map(({ type }) => {
      const value = arbitraryValue(type, depth)
      return type.kind === 'list' ? value.filter((each) => (each as JsonValue[]).length > 0) : value
    }),
  )
}

function arbitraryScalar(
  name: (FieldType & { kind: 'scalar' | 'wellKnown' })['name'],
): fc.Arbitrary<JsonValue> {
  switch (name) {
    case 'string':
      return anyString
    case 'int32':
      return fc.integer()
    case 'int64':
      return fc.maxSafeInteger()
    case 'bool':
      return fc.boolean()
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map((each) => Buffer.from(each).toString('base64'))
    case 'quantity':
      return quantity
    case 'intOrString':
      return fc.oneof(fc.integer(), anyString)
    case 'time':
      return seconds.map((each) => new Date(each * 1000).toISOString().replace(/\.\d+/, ''))
    case 'microTime':
      return seconds.map((each) => new Date(each * 1000 + 7).toISOString().replace('Z', '123Z'))
    case 'rawExtension':
    case 'fieldsV1':
    case 'json':
    case 'any':
      return plainJson
  }
}

function isFlat(type: FieldType): boolean {
  if (type.kind === 'list') return isFlat(type.element)
  if (type.kind === 'map') return isFlat(type.value)
  return type.kind !== 'message'
}
