import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'

/** What stands at the path; undefined where there is nothing, whatever is in the way. */
export function valueAt(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let found = value
  for (const name of path) {
    if (!isJsonObject(found) || !Object.hasOwn(found, name)) return undefined
    found = found[name]
  }
  return found
}

/** Empty where there is none, as in Go. */
export function textAt(value: JsonValue | undefined, ...path: readonly string[]): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** Zero where there is none, as in Go. */
export function numberAt(value: JsonValue | undefined, ...path: readonly string[]): number {
  const found = valueAt(value, ...path)
  return typeof found === 'number' ? found : 0
}

export function booleanAt(value: JsonValue | undefined, ...path: readonly string[]): boolean {
  return valueAt(value, ...path) === true
}

export function objectAt(value: JsonValue | undefined, ...path: readonly string[]): JsonObject | undefined {
  const found = valueAt(value, ...path)
  return isJsonObject(found) ? found : undefined
}

export function objectsAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonObject[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? (found as readonly JsonValue[]).filter(isJsonObject) : []
}

export function textsAt(value: JsonValue | undefined, ...path: readonly string[]): readonly string[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found)
    ? (found as readonly JsonValue[]).filter((each) => typeof each === 'string')
    : []
}

/** The members of a map of strings; a member that is no string is left out. */
export function textEntriesAt(
  value: JsonValue | undefined,
  ...path: readonly string[]
): readonly (readonly [name: string, text: string])[] {
  return Object.entries(objectAt(value, ...path) ?? {}).flatMap(([name, text]) =>
    typeof text === 'string' ? [[name, text] as const] : [],
  )
}

/** The members of a map, or the elements of a list. */
export function sizeAt(value: JsonValue | undefined, ...path: readonly string[]): number {
  const found = valueAt(value, ...path)
  return typeof found === 'object' && found !== null ? Object.keys(found).length : 0
}
