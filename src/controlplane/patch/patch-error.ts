import type { JsonValue } from '../api/json.ts'
import { StatusError } from '../api/status.ts'
import { jsonKind } from './go-text.ts'

/** A test of a JSON Patch has failed, as whoever wrote it may have wanted it to. */
export class FailedPatchTest extends Error {}

/** A patch that is well-formed but does not fit the object. Kubernetes tells the client no more than this. */
export function doesNotApply(cause: string | Error): StatusError {
  const message = 'the server rejected our request due to an error in our request'
  return new StatusError(
    'Invalid',
    message,
    {},
    { cause: typeof cause === 'string' ? new Error(cause) : cause },
  )
}

/** What Kubernetes says of a value that is not of the Go type that it decodes it to. */
export function cannotDecode(value: JsonValue, goTarget: string): string {
  return `json: cannot unmarshal ${jsonKind(value)} into Go ${goTarget}`
}
