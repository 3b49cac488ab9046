import { isRawJson } from './exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** An object under construction. */
export type Draft = { [name: string]: JsonValue | undefined }

/** An own member: `__proto__` and `constructor` are names like all others. */
export function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

export function hasMember(value: JsonObject, name: string): boolean {
  return Object.hasOwn(value, name) && value[name] !== undefined
}

export function setMember(draft: Draft, name: string, value: JsonValue): void {
  Object.defineProperty(draft, name, { value, writable: true, enumerable: true, configurable: true })
}

export function membersOf(value: JsonObject): [name: string, value: JsonValue][] {
  return Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The member at the end of names, if all before it are objects. */
export function memberAt(value: JsonValue | undefined, names: readonly string[]): JsonValue | undefined {
  return names.reduce<JsonValue | undefined>(memberOf, value)
}

/** The same object with another member at the end of names; objects that are not there are made. */
export function withMemberAt(object: JsonObject, names: readonly string[], value: JsonValue): JsonObject {
  const [name, ...rest] = names
  if (name === undefined) return object
  const draft: Draft = { ...object }
  const inner = memberOf(object, name)
  setMember(
    draft,
    name,
    rest.length === 0 ? value : withMemberAt(isJsonObject(inner) ? inner : {}, rest, value),
  )
  return draft
}

/** A text that is the same for equal values, whatever the order of members: in that of Go's encoder. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each) || isRawJson(each)) return each
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}

/** Whatever the order of members. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((each, index) => sameJson(each, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const members = membersOf(a)
  return (
    members.length === membersOf(b).length &&
    members.every(([name, each]) => sameJson(each, memberOf(b, name)))
  )
}

/** The type that a JSON value has, in the words of a schema. */
export function jsonType(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'bigint') return 'integer'
  return typeof value
}
