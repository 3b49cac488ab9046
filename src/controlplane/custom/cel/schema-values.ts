import { mapValue, plainValue } from '../../../cel/plain-value.ts'
import { parseDuration, parseTimestamp } from '../../../cel/time.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  STRING,
  TIMESTAMP,
} from '../../../cel/types.ts'
import {
  EvaluationError,
  type ListIdentity,
  ListValue,
  MapValue,
  ObjectValue,
  type Value,
} from '../../../cel/values.ts'
import { canonicalJson, isList, memberOf } from '../../../common/json-tools.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { additionalStructural, type Structural, structuralOf } from '../schema/structural.ts'
import { escapedName } from './escape.ts'

/** What expressions see of a value by its schema (apiserver/schema/cel/values.go, k8s.io/apiserver pkg/cel/common). */

const RESOURCE_FIELDS = structuralOf({
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: {
      type: 'object',
      properties: { name: { type: 'string' }, generateName: { type: 'string' } },
    },
  },
})

/** Of the metadata of a whole object, only names are seen. */
export function withResourceFields(schema: Structural): Structural {
  return { ...schema, properties: new Map([...schema.properties, ...RESOURCE_FIELDS.properties]) }
}

/** Undefined for what expressions do not see. */
export function schemaType(schema: Structural, isResource: boolean, name = 'selfType'): CelType | undefined {
  if (schema.isIntOrString) return DYN
  switch (schema.type) {
    case 'array': {
      const items = schema.items && schemaType(schema.items, schema.items.isEmbeddedResource, `${name}.@idx`)
      return items && listOf(items)
    }
    case 'object':
      return objectType(isResource ? withResourceFields(schema) : schema, name)
    case 'string':
      return STRING_TYPES[schema.props.format ?? ''] ?? STRING
    case 'boolean':
      return BOOL
    case 'number':
      return DOUBLE
    case 'integer':
      return INT
    default:
      return undefined
  }
}

const STRING_TYPES: Readonly<Record<string, CelType>> = {
  byte: BYTES,
  duration: DURATION,
  date: TIMESTAMP,
  'date-time': TIMESTAMP,
}

function objectType(schema: Structural, name: string): CelType | undefined {
  const additional = additionalStructural(schema)
  if (additional) {
    const values = schemaType(additional, additional.isEmbeddedResource, `${name}.@elem`)
    return values && mapOf(STRING, values)
  }
  const fields = new Map<string, CelType>()
  for (const [property, each] of schema.properties) {
    const escaped = escapedName(property)
    const type = escaped && schemaType(each, each.isEmbeddedResource, `${name}.${escaped}`)
    if (escaped && type) fields.set(escaped, type)
  }
  return { kind: 'object', name, fields }
}

/** @throws EvaluationError for what is not as the schema says */
export function schemaValue(json: JsonValue, schema: Structural): Value {
  if (json === null) return null
  if (schema.isIntOrString) return plainValue(json)
  switch (schema.type) {
    case 'object':
      if (isJsonObject(json)) return objectValue(json, schema)
      break
    case 'array':
      if (isList(json)) return listValue(json, schema)
      break
    case 'string':
      if (typeof json === 'string') return stringValue(json, schema.props.format ?? '')
      break
    case 'number':
      if (typeof json === 'number' || typeof json === 'bigint') return Number(json)
      break
    case 'integer':
      if (typeof json === 'bigint' || (typeof json === 'number' && Number.isInteger(json)))
        return BigInt(json)
      break
    case 'boolean':
      if (typeof json === 'boolean') return json
      break
    default:
      if (schema.preservesUnknownFields) return plainValue(json)
  }
  throw new EvaluationError(`invalid data, expected a value of type ${schema.type || 'unknown'}`)
}

function stringValue(text: string, format: string): Value {
  switch (format) {
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'))
    case 'duration':
      return parseDuration(text)
    case 'date':
      return parseTimestamp(`${text}T00:00:00Z`)
    case 'date-time':
      return parseTimestamp(text)
    default:
      return text
  }
}

function objectValue(json: JsonObject, schema: Structural): Value {
  const given = schema.isEmbeddedResource ? withResourceFields(schema) : schema
  const additional = additionalStructural(given)
  if (additional) return mapValue(json, (each) => schemaValue(each, additional))
  const names = namesByEscape(given)
  const nameOf = (field: string) => names.get(field)
  const isThere = (name: string | undefined): name is string =>
    name !== undefined && memberOf(json, name) !== undefined
  return new ObjectValue({
    has: (field) => isThere(nameOf(field)),
    get: (field) => {
      const name = nameOf(field) ?? ''
      const inner = given.properties.get(name)
      const value = memberOf(json, name) ?? null
      return inner ? schemaValue(value, inner) : plainValue(value)
    },
    fields: () => [...names].filter(([, name]) => isThere(name)).map(([field]) => field),
  })
}

const escapes = new WeakMap<ReadonlyMap<string, Structural>, ReadonlyMap<string, string>>()

function namesByEscape({ properties }: Structural): ReadonlyMap<string, string> {
  let names = escapes.get(properties)
  if (!names) {
    names = new Map([...properties.keys()].flatMap((name) => [[escapedName(name) ?? '', name] as const]))
    escapes.set(properties, names)
  }
  return names
}

function listValue(json: readonly JsonValue[], schema: Structural): ListValue {
  const { items, listType, listMapKeys } = schema
  const identity = listType === 'map' || listType === 'set' ? identityOf(listType, listMapKeys) : undefined
  const make = (index: number) => {
    const item = json[index] as JsonValue
    return items ? schemaValue(item, items) : plainValue(item)
  }
  return new ListValue(json.length, make, identity)
}

function identityOf(kind: 'set' | 'map', keys: readonly string[]): ListIdentity {
  return {
    kind,
    key: (item) => {
      if (kind === 'set' || !(item instanceof ObjectValue)) return identityText(item)
      return canonicalJson(keys.map((name) => identityText(item.get(escapedName(name) ?? '') ?? null)))
    },
  }
}

/** Sets are of scalars; of others, the order of what is in them counts. */
function identityText(value: Value): string {
  if (typeof value === 'bigint') return `n${value}`
  if (value instanceof ListValue) return `[${[...value].map(identityText).join(',')}]`
  if (value instanceof MapValue)
    return `{${value
      .keys()
      .map((key) => `${String(key)}:${identityText(value.get(key) ?? null)}`)
      .join(',')}}`
  if (value instanceof ObjectValue)
    return `{${value
      .fields()
      .map((field) => `${field}:${identityText(value.get(field) ?? null)}`)
      .join(',')}}`
  return JSON.stringify(value)
}
