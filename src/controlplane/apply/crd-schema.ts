import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { entriesOf, fieldOf, itemsOf } from './json-values.ts'
import { OBJECT_META } from './object-meta-schema.ts'
import {
  BOOLEAN,
  type ListKey,
  type ListSchema,
  NUMBER,
  SCALAR,
  type Schema,
  STRING,
  type StructSchema,
  UNTYPED,
  UNTYPED_ATOMIC,
} from './schema.ts'

/** What every object has beside what its definition says. */
const TYPE_AND_OBJECT_META: ReadonlyMap<string, Schema> = new Map<string, Schema>([
  ['apiVersion', STRING],
  ['kind', STRING],
  ['metadata', OBJECT_META],
])

/**
 * The schema of a custom resource, from its definition's `openAPIV3Schema`; there may be none. Each part is made when it is
 * asked for. That the schema is structural is somebody else's to see to: what is malformed counts as absent.
 */
export function crdSchema(openApiV3Schema: JsonObject | undefined): Schema {
  if (!openApiV3Schema) return { kind: 'struct', atomic: false, field: ownField, rest: UNTYPED }
  return objectSchema(openApiV3Schema, isTrue(openApiV3Schema, PRESERVE_UNKNOWN_FIELDS), ownField)
}

const PRESERVE_UNKNOWN_FIELDS = 'x-kubernetes-preserve-unknown-fields'

function ownField(name: string): Schema | undefined {
  return TYPE_AND_OBJECT_META.get(name)
}

/** `preserved`: a schema around this one keeps fields that are not declared, for all within it. */
function schemaOf(json: JsonValue, preserved: boolean): Schema {
  if (!isJsonObject(json)) return UNTYPED
  const preserve = preserved || isTrue(json, PRESERVE_UNKNOWN_FIELDS)
  if (isTrue(json, 'x-kubernetes-embedded-resource')) return objectSchema(json, preserve, ownField)
  switch (fieldOf(json, 'type')) {
    case 'object':
      return objectSchema(json, preserve)
    case 'array':
      return listSchema(json, preserve)
    case 'string':
      return ['', 'byte', undefined].includes(fieldOf(json, 'format') as string | undefined) ? STRING : SCALAR
    case 'integer':
    case 'number':
      return NUMBER
    case 'boolean':
      return BOOLEAN
    default:
      return isJsonObject(fieldOf(json, 'properties')) ? objectSchema(json, preserve) : UNTYPED
  }
}

function objectSchema(
  json: JsonObject,
  preserve: boolean,
  implied?: (name: string) => Schema | undefined,
): Schema {
  const properties = new Map(entriesOf(fieldOf(json, 'properties')))
  const atomic = fieldOf(json, 'x-kubernetes-map-type') === 'atomic'
  const rest = restOf(json, preserve, properties.size === 0 && !implied)
  const made = new Map<string, Schema>()

  const field: StructSchema['field'] = (name) => {
    const property = properties.get(name)
    const known = implied?.(name) ?? made.get(name)
    if (known || property === undefined) return known
    const schema = schemaOf(property, preserve)
    made.set(name, schema)
    return schema
  }
  return { kind: 'struct', atomic, field, ...(rest ? { rest } : {}) }
}

/** An object of which nothing is said takes everything; one of which something is said, only that. */
function restOf(json: JsonObject, preserve: boolean, isFreeForm: boolean): Schema | undefined {
  const additional = fieldOf(json, 'additionalProperties')
  if (isJsonObject(additional)) return schemaOf(additional, preserve)
  if (additional === undefined) return preserve || isFreeForm ? UNTYPED : undefined
  return additional === true ? UNTYPED : undefined
}

function listSchema(json: JsonObject, preserve: boolean): ListSchema {
  const items = fieldOf(json, 'items')
  const element = isJsonObject(items) ? schemaOf(items, preserve) : UNTYPED_ATOMIC
  switch (fieldOf(json, 'x-kubernetes-list-type')) {
    case 'set':
      return { kind: 'list', ownership: 'set', element }
    case 'map':
      return { kind: 'list', ownership: 'map', keys: keysOf(json), element }
    default:
      return { kind: 'list', ownership: 'atomic', element }
  }
}

function keysOf(json: JsonObject): ListKey[] {
  const properties = fieldOf(fieldOf(json, 'items'), 'properties')
  return itemsOf(fieldOf(json, 'x-kubernetes-list-map-keys'))
    .filter((name) => typeof name === 'string')
    .map((name) => {
      const fallback = fieldOf(fieldOf(properties, name), 'default')
      return fallback === undefined ? { name } : { name, default: fallback }
    })
}

function isTrue(json: JsonObject, extension: string): boolean {
  return fieldOf(json, extension) === true
}
