import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'

/** An own member: names come out of definitions, and may be those of what every object inherits. */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

export function objectsAt(object: JsonObject, name: string): readonly JsonObject[] {
  const value = memberOf(object, name)
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

export function objectAt(object: JsonObject, name: string): JsonObject {
  const value = memberOf(object, name)
  return isJsonObject(value) ? value : {}
}

export function textAt(object: JsonObject, name: string): string {
  const value = memberOf(object, name)
  return typeof value === 'string' ? value : ''
}
