import type { JsonObject, JsonValue } from '../api/json.ts'

/** An object under construction, which nobody else has yet. */
export type MutableJsonObject = { [name: string]: JsonValue | undefined }

/** What an object itself has under a name, which may be `constructor` as well as any other. */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** The members that there are. A copy by `{ ...object }` keeps a `__proto__` as an ordinary member, as this does. */
export function membersOf(object: JsonObject): [name: string, value: JsonValue][] {
  return Object.entries(object).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
}

export function setMember(object: MutableJsonObject, name: string, value: JsonValue): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** Sets a member, or removes it when there is no value. */
export function putMember(object: MutableJsonObject, name: string, value: JsonValue | undefined): void {
  if (value === undefined) delete object[name]
  else setMember(object, name, value)
}
