import type { JsonObject, JsonValue } from '../api/json.ts'
import { builtinType, jsonFieldsOf } from '../schema/builtin-types.ts'
import type { Field, FieldType, ScalarName, WellKnownName } from '../schema/type-facts.ts'
import { type FieldEntry, objectOf } from './json-values.ts'

const ZERO_SCALARS: Readonly<Record<ScalarName, JsonValue>> = {
  string: '',
  bytes: null,
  int32: 0,
  int64: 0,
  double: 0,
  bool: false,
}

const ZERO_WELL_KNOWN: Readonly<Record<WellKnownName, JsonValue>> = {
  quantity: '0',
  intOrString: 0,
  time: null,
  microTime: null,
  rawExtension: null,
  fieldsV1: null,
  json: null,
  any: null,
}

/** An object of a built-in kind of which nothing is said, with what Go writes all the same. */
export function emptyObject(typeId: string, apiVersion: string, kind: string): JsonObject {
  return { ...zeroObject(typeId), apiVersion, kind }
}

function zeroObject(typeId: string): JsonObject {
  const entries = jsonFieldsOf(typeId).flatMap(({ field }): FieldEntry[] => {
    const value = zeroOf(field)
    return value === undefined ? [] : [[field.name, value]]
  })
  return objectOf(entries)
}

/** `omitempty` leaves out whatever is empty but a struct, as times and quantities are, too. */
function zeroOf({ type, pointer, omitEmpty, omitZero }: Field): JsonValue | undefined {
  if (omitZero) return undefined
  const isStruct = !pointer && isGoStruct(type)
  if (omitEmpty && !isStruct) return undefined
  return pointer ? null : zeroValue(type)
}

function zeroValue(type: FieldType): JsonValue {
  switch (type.kind) {
    case 'scalar':
      return ZERO_SCALARS[type.name]
    case 'wellKnown':
      return ZERO_WELL_KNOWN[type.name]
    case 'message':
      return isGoStruct(type) ? zeroObject(type.id) : null
    case 'list':
    case 'map':
      return null
  }
}

function isGoStruct(type: FieldType): boolean {
  if (type.kind === 'wellKnown') return type.name !== 'any'
  return type.kind === 'message' && builtinType(type.id).form !== 'list'
}
