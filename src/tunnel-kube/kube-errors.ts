import { AppError } from '../common/errors.ts'

/** The Kubernetes API refused a request: its `Status` object, or what stands in for one. */
export class ApiStatusError extends AppError {
  /** The HTTP status code, such as 404. */
  readonly status: number
  /** Kubernetes' one-word reason, such as `NotFound`; may be empty. */
  readonly reason: string

  constructor(status: number, reason: string, message: string, options?: ErrorOptions) {
    super('ERR_API_STATUS', message, options)
    this.status = status
    this.reason = reason
  }
}

/** The Kubernetes API gave no answer that makes sense: it was not reached, or took too long, or spoke something else. */
export class ApiRequestError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_API_REQUEST', message, options)
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 404
}

/** Also where something already exists: what was assumed about the object is out of date. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 409
}

/** The resource version to go on from has been forgotten by the server. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiStatusError && error.status === 410
}
