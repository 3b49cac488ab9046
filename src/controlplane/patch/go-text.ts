import { isJsonObject, type JsonValue } from '../api/json.ts'
import { membersOf } from './members.ts'

/** Messages quote what a client sent, and some of it is long. */
const MAX_QUOTED_CHARACTERS = 1_000
const MAX_QUOTED_DEPTH = 20

/** A value as Go's `%v` prints it, the way Kubernetes has it in messages: `map[image:nginx ports:[80 443]]`. */
export function goText(value: JsonValue | undefined): string {
  const text = format(value, 0)
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}...` : text
}

/** The Go type that a value is decoded to, as messages name it. */
export function goType(value: JsonValue | undefined): string {
  switch (jsonKind(value)) {
    case 'object':
      return 'map[string]interface {}'
    case 'array':
      return '[]interface {}'
    case 'number':
      return typeof value === 'bigint' || Number.isSafeInteger(value) ? 'int64' : 'float64'
    case 'null':
      return '<nil>'
    case 'string':
      return 'string'
    case 'bool':
      return 'bool'
  }
}

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'bool' | 'null'

/** In the words of Go's messages about JSON. */
export function jsonKind(value: JsonValue | undefined): JsonKind {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  if (typeof value === 'boolean') return 'bool'
  return isJsonObject(value) ? 'object' : 'array'
}

function format(value: JsonValue | undefined, depth: number): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value !== 'object') return String(value)
  if (depth === MAX_QUOTED_DEPTH) return '...'

  if (!isJsonObject(value)) return `[${quoted(value, (each) => format(each, depth + 1))}]`
  const members = membersOf(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${quoted(members, ([name, member]) => `${name}:${format(member, depth + 1)}`)}]`
}

/** As many as can be shown. */
function quoted<T>(items: readonly T[], text: (item: T) => string): string {
  const texts: string[] = []
  let characters = 0
  for (const item of items) {
    if (characters > MAX_QUOTED_CHARACTERS) break
    const each = text(item)
    texts.push(each)
    characters += each.length + 1
  }
  return texts.join(' ')
}
