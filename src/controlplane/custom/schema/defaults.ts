import { type Draft, isList, membersOf, setMember } from '../../../common/json-tools.ts'
import { isJsonObject, type JsonValue } from '../../api/json.ts'
import { additionalStructural, fieldSchema, type Structural } from './structural.ts'

/**
 * Fills in what is left out, or is null and may not be; nulls that may not be and have no default go (apiserver/schema/defaulting).
 * Members are in the order of their names where one has been added.
 */
export function withSchemaDefaults(value: JsonValue, schema: Structural | undefined): JsonValue {
  if (!schema) return value
  if (isList(value)) {
    const { items } = schema
    if (!items) return value
    return value.map((item) =>
      withSchemaDefaults(isUnwantedNull(item, items) ? (items.default ?? null) : item, items),
    )
  }
  return isJsonObject(value) ? objectWithDefaults(membersOf(value), schema) : value
}

function objectWithDefaults(members: readonly [string, JsonValue][], schema: Structural): JsonValue {
  const filled: [string, JsonValue][] = []
  const additional = additionalStructural(schema)
  for (const [name, value] of members) {
    const inner = schema.properties.get(name) ?? additional
    if (!isUnwantedNull(value, inner)) filled.push([name, value])
    else if (inner?.default !== undefined) filled.push([name, inner.default])
  }
  const names = new Set(filled.map(([name]) => name))
  const missing = [...schema.properties].filter(
    ([name, inner]) => inner.default !== undefined && !names.has(name),
  )
  for (const [name, inner] of missing) filled.push([name, inner.default ?? null])
  if (missing.length > 0) filled.sort(([a], [b]) => (a < b ? -1 : 1))

  const object: Draft = {}
  for (const [name, value] of filled)
    setMember(object, name, withSchemaDefaults(value, fieldSchema(schema, name)))
  return object
}

function isUnwantedNull(value: JsonValue, schema: Structural | undefined): boolean {
  return value === null && schema !== undefined && !schema.nullable
}
