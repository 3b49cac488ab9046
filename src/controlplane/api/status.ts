import { AppError } from '../../common/errors.ts'
import type { FieldError } from './field-error.ts'
import type { JsonObject } from './json.ts'

/** Why a request was not carried out (k8s.io/apimachinery, StatusReason), with the HTTP status that goes with it. */
const CODE_BY_REASON = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  /** What the original has no reason for: its answer has none. */
  Unknown: 500,
} as const

export type StatusReason = keyof typeof CODE_BY_REASON

export interface StatusCause {
  readonly reason?: string
  readonly message: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** A resource of a group, which is empty for the core: `configmaps`, `deployments` in `apps`. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export interface GroupKind {
  readonly group: string
  readonly kind: string
}

/** A request that is answered with a Status other than success. */
export class StatusError extends AppError {
  readonly reason: StatusReason
  readonly details: StatusDetails | undefined

  constructor(reason: StatusReason, message: string, details?: StatusDetails, options?: ErrorOptions) {
    super(`ERR_STATUS_${reason.toUpperCase()}`, message, options)
    this.reason = reason
    this.details = details
  }

  get httpStatus(): number {
    return CODE_BY_REASON[this.reason]
  }

  /** The body of the answer, its fields in the order of the original's. */
  toStatus(): JsonObject {
    const { message, reason, httpStatus } = this
    const details = this.details as JsonObject | undefined
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === 'Unknown' ? {} : { reason }),
      ...(details ? { details } : {}),
      code: httpStatus,
    }
  }
}

/** Whether a request was not carried out for this reason. */
export function isStatus(error: unknown, reason: StatusReason): boolean {
  return error instanceof StatusError && error.reason === reason
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message)
}

export function notFound(resource: GroupResource, name: string): StatusError {
  return new StatusError('NotFound', `${qualified(resource)} ${quote(name)} not found`, about(resource, name))
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  const message = `${qualified(resource)} ${quote(name)} already exists`
  return new StatusError('AlreadyExists', message, about(resource, name))
}

/** What there is, but not for this method. */
export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource'
  return new StatusError('MethodNotAllowed', message, {})
}

/** `reason` defaults to what is said when an object has changed since it was read. */
export function conflict(
  resource: GroupResource,
  name: string,
  reason = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} ${quote(name)}: ${reason}`
  return new StatusError('Conflict', message, about(resource, name))
}

/** All that is wrong with an object. */
export function invalidObject(
  { group, kind }: GroupKind,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  // What is found twice has two causes, but is said once.
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))]
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const qualifiedKind = group === '' ? kind : `${kind}.${group}`
  return new StatusError('Invalid', `${qualifiedKind} ${quote(name)} is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: errors.map(({ reason, message, field }) => ({
      reason,
      message,
      ...(field === '' ? {} : { field }),
    })),
  })
}

/** What Kubernetes calls a resource in messages: `configmaps`, `deployments.apps`. */
export function qualified({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

function about({ group, resource }: GroupResource, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource }
}

function quote(text: string): string {
  return JSON.stringify(text)
}
