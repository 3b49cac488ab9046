import {
  canonicalJson,
  type Draft,
  isList,
  memberOf,
  membersOf,
  setMember,
} from '../../../common/json-tools.ts'
import { duplicate, type FieldError, invalid } from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import { additionalStructural, type Structural } from './structural.ts'

/** What is more than once in lists that are sets or maps (apiserver/schema/listtype). */
export function listTypeErrors(
  schema: Structural | undefined,
  object: JsonObject,
  path: FieldPath,
): FieldError[] {
  if (!schema) return []
  const additional = additionalStructural(schema)
  const members = membersOf(object)
  return [
    ...(additional
      ? members.flatMap(([name, each]) => valueErrors(additional, each, element(path, name)))
      : []),
    ...members.flatMap(([name, each]) => {
      const property = schema.properties.get(name)
      return property ? valueErrors(property, each, child(path, name)) : []
    }),
  ]
}

function valueErrors(schema: Structural, value: JsonValue, path: FieldPath): FieldError[] {
  if (isJsonObject(value)) return listTypeErrors(schema, value, path)
  if (!isList(value)) return []
  const { items } = schema
  return [
    ...ownErrors(schema, value, path),
    ...(items ? value.flatMap((item, index) => valueErrors(items, item, element(path, index))) : []),
  ]
}

function ownErrors(
  { listType, listMapKeys }: Structural,
  list: readonly JsonValue[],
  path: FieldPath,
): FieldError[] {
  if (listType === 'set') return duplicateErrors(list, path)
  if (listType !== 'map') return []
  const wrong = list.findIndex((item) => item !== null && !isJsonObject(item))
  if (wrong >= 0) {
    const detail = 'must be an object for an array of list-type map'
    return [invalid(element(path, wrong), list[wrong], detail)]
  }
  return duplicateErrors(
    list.map((item) => keysOf(item, listMapKeys)),
    path,
  )
}

function keysOf(item: JsonValue, names: readonly string[]): JsonObject {
  const keys: Draft = {}
  for (const name of [...names].sort()) {
    const value = memberOf(item, name)
    if (value !== undefined) setMember(keys, name, value)
  }
  return keys
}

/** Of values that are there several times, only the second is told. */
function duplicateErrors(values: readonly JsonValue[], path: FieldPath): FieldError[] {
  const times = new Map<string, number>()
  return values.flatMap((value, index) => {
    const text = canonicalJson(value)
    const before = times.get(text) ?? 0
    times.set(text, before + 1)
    return before === 1 ? [duplicate(element(path, index), value)] : []
  })
}
