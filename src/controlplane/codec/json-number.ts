import type { JsonValue } from '../api/json.ts'
import { MalformedBody } from './malformed-body.ts'
import { put } from './members.ts'

/**
 * A number whose text is not how JavaScript writes it, such as `1.0`, and that is no int64. What it may become depends on the field that
 * it is in, so it stays a text until the field is known.
 */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** As a value of no certain type. */
  get value(): number {
    const value = Number(this.text)
    if (!Number.isFinite(value)) {
      throw new MalformedBody(`json: cannot unmarshal number ${this.text} into Go value of type float64`)
    }
    return value
  }
}

/** What a parser makes of JSON before anything is known of its types. */
export type RawJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | JsonNumber
  | readonly RawJson[]
  | RawJsonObject

export interface RawJsonObject {
  readonly [name: string]: RawJson | undefined
}

export function isRawObject(value: RawJson | undefined): value is RawJsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  )
}

/** The plain value, to be kept as it is. Copies, for a body may have come with aliases. */
export function plainJson(value: RawJson): JsonValue {
  if (typeof value === 'number') return value + 0 // -0 is written as 0
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof JsonNumber) return value.value
  if (!isRawObject(value)) return value.map(plainJson)
  const copy: Record<string, JsonValue> = {}
  for (const name of Object.keys(value)) put(copy, name, plainJson(value[name] ?? null))
  return copy
}

/** What a value is in the words of Go's errors; it is not null. */
export function goKindOf(value: RawJson): string {
  if (Array.isArray(value)) return 'array'
  if (value instanceof JsonNumber || typeof value === 'number' || typeof value === 'bigint') return 'number'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'object'
}
