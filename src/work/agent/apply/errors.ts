import { AppError } from '../../../common/errors.ts'
import { isNotFound, KubeApiError } from '../../../kube/index.ts'

/** A manifest could not be applied, for a reason that is its own. */
export class ApplyError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_APPLY', message, options)
  }
}

/** A field belongs to another manager: trying again does not help before somebody gives way. */
export class ApplyConflictError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_APPLY_CONFLICT', message, options)
  }
}

/** A manifest can be applied nowhere, whatever the cluster is like. */
export class ManifestError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MANIFEST', message, options)
  }
}

/** What `ignoreFields` says cannot be done. */
export class IgnoreFieldError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_IGNORE_FIELD', message, options)
  }
}

/** The executor may not do what the work asks for. */
export class NotAllowedError extends AppError {
  /** When it is worth asking again. */
  readonly retryAfterMs = 60_000

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_NOT_ALLOWED', `${message}, will try again in 1m0s`, options)
  }
}

/**
 * Whether the API has no such resource, or not in this scope. Of an object that is not there, or a namespace, it would say the name;
 * a resource that is there can be created and read.
 */
export function isUnknownResource(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false
  return error.status === 405 || (isNotFound(error) && !error.details.name)
}
