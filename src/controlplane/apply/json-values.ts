import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'

export type FieldEntry = readonly [name: string, value: JsonValue]

/** The fields that there are; `undefined` counts as absent. */
export function entriesOf(value: JsonValue | undefined): FieldEntry[] {
  if (!isJsonObject(value)) return []
  return Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
}

/** As Go goes through a map when it has to be in some order. */
export function sortedEntriesOf(value: JsonValue | undefined): FieldEntry[] {
  return entriesOf(value).sort(([a], [b]) => compareText(a, b))
}

/** An own property, so that `__proto__` and `constructor` are names like all others. */
export function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** Defines each field, where an assignment to `__proto__` would set the prototype. */
export function objectOf(entries: Iterable<FieldEntry>): JsonObject {
  return Object.fromEntries(entries)
}

export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isJsonList(value) ? value : []
}

export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** Whatever the order of fields. */
export function jsonEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (isJsonList(a) || isJsonList(b)) {
    if (!isJsonList(a) || !isJsonList(b) || a.length !== b.length) return false
    return a.every((item, i) => jsonEqual(item, b[i]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const entries = entriesOf(a)
  return (
    entries.length === entriesOf(b).length &&
    entries.every(([name, item]) => jsonEqual(item, fieldOf(b, name)))
  )
}

/** The order of strings in Go: of their bytes in UTF-8, which is that of their code points. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = codePointRank(a.charCodeAt(i)) - codePointRank(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Halves of surrogate pairs stand for code points behind all others. */
function codePointRank(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit
  return codeUnit < 0xe000 ? codeUnit + 0x2000 : codeUnit - 0x800
}
