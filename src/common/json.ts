/** An integer that a number would not hold exactly is a bigint, where it was read so (parseExactJson). */
export type JsonValue = string | number | bigint | boolean | null | JsonObject | readonly JsonValue[]

/** Own properties only: what comes from a peer is never read through a prototype. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
