import { goJson } from '../api/go-json.ts'
import type { JsonValue } from '../api/json.ts'

/** As Go's json.Encoder writes it, with a line break at the end. */
export function encodeJson(value: JsonValue): Buffer {
  return Buffer.from(`${goJson(value)}\n`)
}
