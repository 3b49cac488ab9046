import { invalid } from '../api/field-error.ts'
import type { JsonObject, JsonValue } from '../api/json.ts'
import { invalidObject, StatusError } from '../api/status.ts'
import { MalformedBody } from '../codec/index.ts'
import { goText } from '../patch/index.ts'

/**
 * What `decode` makes of an object that a client has not sent, but patched. Where it cannot be read, the client is shown the patch that
 * was merged, or what has come of it where that is undefined.
 *
 * @throws StatusError Invalid, and what `decode` throws for other reasons
 */
export function readPatched<T>(patched: JsonObject, merged: JsonValue | undefined, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof StatusError && error.cause instanceof MalformedBody)) throw error
    const shown = merged === undefined ? JSON.stringify(patched) : goText(merged)
    throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', shown, error.cause.message)])
  }
}
