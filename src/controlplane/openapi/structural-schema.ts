import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { memberOf, objectsAt } from './members.ts'

/** A schema that is nested deeper is published as one of which nothing is known. */
export const MAX_SCHEMA_DEPTH = 200

const PRESERVE_UNKNOWN_FIELDS = 'x-kubernetes-preserve-unknown-fields'
const INT_OR_STRING = 'x-kubernetes-int-or-string'
const INT_OR_STRING_TYPES = [{ type: 'integer' }, { type: 'string' }]

/** Each of several schemas, or none, has to hold: OpenAPI v2 knows only `allOf`, and its readers not even that. */
const JUNCTORS = ['allOf', 'anyOf', 'oneOf', 'not']

/** Flags that say nothing unless they are true. */
const FLAGS = [
  'nullable',
  'uniqueItems',
  'exclusiveMaximum',
  'exclusiveMinimum',
  PRESERVE_UNKNOWN_FIELDS,
  INT_OR_STRING,
  'x-kubernetes-embedded-resource',
]

type Change = (schema: JsonObject) => JsonObject

export function isTooDeep(schema: JsonValue): boolean {
  let level: readonly JsonValue[] = [schema]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SCHEMA_DEPTH) return true
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? childrenOf(value) : []))
  }
  return false
}

/** Says in plain OpenAPI what `x-kubernetes-int-or-string` means (k8s.io/apiextensions-apiserver, Structural.Unfold). */
export function unfold(schema: JsonObject): JsonObject {
  return changeAll(schema, (each) => {
    const present = withoutFalse(each)
    if (memberOf(present, INT_OR_STRING) !== true || saysIntOrString(present)) return present
    if (!Object.hasOwn(present, 'anyOf')) return { ...present, anyOf: INT_OR_STRING_TYPES }
    return { ...present, allOf: [{ anyOf: INT_OR_STRING_TYPES }, ...objectsAt(present, 'allOf')] }
  })
}

/**
 * What OpenAPI v2, and kubectl as its reader, can take of a schema (k8s.io/apiextensions-apiserver, ToStructuralOpenAPIV2):
 * kubectl refuses whatever it does not find, so that less is said wherever more than that is allowed.
 */
export function simplify(schema: JsonObject): JsonObject {
  return changeAll(schema, (each) => {
    let simple = without(each, [...JUNCTORS, 'default'])
    const nullable = memberOf(each, 'nullable') === true
    const preserves = memberOf(each, PRESERVE_UNKNOWN_FIELDS) === true
    if (nullable) simple = without(simple, ['type', 'nullable'])
    if (nullable || preserves) simple = without(simple, ['items', 'properties'])
    const type = memberOf(simple, 'type')
    if ((type === 'array' && !Object.hasOwn(simple, 'items')) || (type === 'object' && preserves))
      simple = without(simple, ['type'])
    return withoutNullableRequired(simple)
  })
}

/** Changes a schema, and then those within it. */
export function changeAll(schema: JsonObject, change: Change): JsonObject {
  return withInner(change(schema), (inner) => changeAll(inner, change))
}

/** Changes the schemas within a schema, and then itself. */
export function changeInnerFirst(schema: JsonObject, change: Change): JsonObject {
  return change(withInner(schema, (inner) => changeInnerFirst(inner, change)))
}

function withInner(schema: JsonObject, change: Change): JsonObject {
  const items = memberOf(schema, 'items')
  const additionalProperties = memberOf(schema, 'additionalProperties')
  const properties = memberOf(schema, 'properties')
  return {
    ...schema,
    ...(isJsonObject(items) ? { items: change(items) } : {}),
    ...(isJsonObject(additionalProperties) ? { additionalProperties: change(additionalProperties) } : {}),
    ...(isJsonObject(properties) ? { properties: mapValues(properties, change) } : {}),
  }
}

function mapValues(schemas: JsonObject, change: Change): JsonObject {
  const entries = Object.entries(schemas).map(([name, value]): [string, JsonValue | undefined] => [
    name,
    isJsonObject(value) ? change(value) : value,
  ])
  return Object.fromEntries(entries)
}

function saysIntOrString(schema: JsonObject): boolean {
  return isIntOrString(memberOf(schema, 'anyOf')) || isIntOrString(firstOf(schema, 'allOf')?.anyOf)
}

function firstOf(schema: JsonObject, junctor: string): JsonObject | undefined {
  return objectsAt(schema, junctor)[0]
}

function isIntOrString(anyOf: JsonValue | undefined): boolean {
  return JSON.stringify(anyOf) === JSON.stringify(INT_OR_STRING_TYPES)
}

/** Null is no value to those who require one. */
function withoutNullableRequired(schema: JsonObject): JsonObject {
  const required = memberOf(schema, 'required')
  if (!Array.isArray(required)) return schema
  const properties = memberOf(schema, 'properties')
  const additional = memberOf(schema, 'additionalProperties')
  const left = isNullable(additional)
    ? []
    : required.filter((name) => !isJsonObject(properties) || !isNullable(memberOf(properties, String(name))))
  return left.length === 0 ? without(schema, ['required']) : { ...schema, required: left }
}

function isNullable(schema: JsonValue | undefined): boolean {
  return isJsonObject(schema) && memberOf(schema, 'nullable') === true
}

function withoutFalse(schema: JsonObject): JsonObject {
  return without(
    schema,
    FLAGS.filter((flag) => memberOf(schema, flag) === false),
  )
}

function without(schema: JsonObject, names: readonly string[]): JsonObject {
  if (!names.some((name) => Object.hasOwn(schema, name))) return schema
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)))
}

function childrenOf(value: JsonObject | readonly JsonValue[]): JsonValue[] {
  return Object.values(value).filter((child): child is JsonValue => child !== undefined)
}
