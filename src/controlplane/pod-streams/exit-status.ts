import { errorMessage } from '../../common/errors.ts'
import { goJson } from '../api/go-json.ts'
import type { JsonObject } from '../api/json.ts'
import { StatusError } from '../api/status.ts'

/** How a command has ended, as clients are told on the channel for errors. */
export interface ExitStatus {
  /** Empty for success. */
  readonly message: string
  readonly status: JsonObject
}

export function exitStatus(exitCode: number): ExitStatus {
  if (exitCode === 0) return { message: '', status: { metadata: {}, status: 'Success' } }
  const message = `command terminated with non-zero exit code: exit status ${exitCode}`
  const status = {
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
  return { message, status }
}

/** What went wrong with the command itself. `what` is what was tried, such as `error executing command in container`. */
export function failureStatus(error: unknown, what: string): ExitStatus {
  if (error instanceof StatusError) return { message: error.message, status: error.toStatus() }
  const cause = `${what}: ${errorMessage(error)}`
  const message = `Internal error occurred: ${cause}`
  const internal = new StatusError('InternalError', message, { causes: [{ message: cause }] })
  return { message, status: internal.toStatus() }
}

/** Before the fourth version of the protocol there were only texts, and nothing for success. */
export function statusText({ message, status }: ExitStatus, isJson: boolean): string {
  return isJson ? goJson(status) : message
}
