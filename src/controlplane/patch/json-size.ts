import { isJsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'

/** How deep objects and lists may be nested. What is within can be walked by recursion. */
const MAX_DEPTH = 1_000

/** Throws what a client is told whose patch, or its outcome, is nested deeper than `MAX_DEPTH`. */
export function requireBoundedDepth(value: JsonValue, what: string): void {
  jsonSize(value, what, Number.POSITIVE_INFINITY)
}

/**
 * About how many bytes a value has as JSON; once there are more than `limit`, the rest is not counted. The depth is bounded as
 * well, and as it is not known before, nothing here is recursive: values are counted level by level.
 */
export function jsonSize(root: JsonValue, what: string, limit: number): number {
  let bytes = 0
  let level: readonly JsonValue[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    const next: JsonValue[] = []
    for (const value of level) {
      if (bytes > limit) return bytes
      bytes += typeof value === 'string' ? value.length + 2 : 4
      if (typeof value !== 'object' || value === null) continue
      if (depth === MAX_DEPTH) throw badRequest(`${what} is nested deeper than ${MAX_DEPTH} levels`)

      if (isJsonObject(value)) for (const name of Object.keys(value)) bytes += name.length + 4
      for (const member of Object.values<JsonValue | undefined>(value)) {
        if (member !== undefined) next.push(member)
      }
    }
    level = next
  }
  return bytes
}
