import type { StatusCause, StatusDetails } from '../apis/meta/v1.ts'
import { AppError } from '../common/errors.ts'

/** The reason of an answer that does not give one (client-go's `NewGenericServerResponse`). */
const REASON_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

export interface KubeApiErrorInit {
  /** The HTTP status. */
  readonly status: number
  /** @default what goes with the status */
  readonly reason?: string
  readonly message: string
  readonly details?: StatusDetails
  /** From the header `Retry-After`, or the details. */
  readonly retryAfterSeconds?: number | undefined
  /** @default false */
  readonly isForeign?: boolean
}

/** The Kubernetes API refused a request: its `Status` object, or what stands in for one. */
export class KubeApiError extends AppError {
  /** The HTTP status, such as 404. */
  readonly status: number
  /** Kubernetes' one-word reason, such as `NotFound`. */
  readonly reason: string
  readonly details: StatusDetails
  /** How long the server wants to be left alone. */
  readonly retryAfterSeconds: number | undefined
  /** Whether the answer was no Status: something else than the API has given it, such as a load balancer in front. */
  readonly isForeign: boolean

  constructor(init: KubeApiErrorInit, options?: ErrorOptions) {
    super('ERR_KUBE_API', init.message, options)
    this.status = init.status
    this.reason = init.reason || REASON_BY_STATUS[init.status] || 'Unknown'
    this.details = init.details ?? {}
    this.retryAfterSeconds = init.retryAfterSeconds ?? this.details.retryAfterSeconds
    this.isForeign = init.isForeign ?? false
  }

  /** What is wrong, field by field. */
  get causes(): readonly StatusCause[] {
    return this.details.causes ?? []
  }
}

/** The Kubernetes API gave no answer that makes sense: it was not reached, or took too long, or spoke something else. */
export class KubeRequestError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_KUBE_REQUEST', message, options)
  }
}

/** A reconcile that trying again cannot help: it is counted and logged, and waits for the object to change. */
export class TerminalError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_TERMINAL', message, options)
  }
}

/**
 * The error that a Status object tells of; anything else makes one of the HTTP status and the title of the request. What comes
 * over the wire may be anything: parts that are not what they should be are left out.
 */
export function apiErrorFrom(
  body: unknown,
  httpStatus: number,
  title: string,
  retryAfterSeconds?: number,
): KubeApiError {
  const isStatus = isRecord(body) && body.kind === 'Status'
  const status = isStatus ? body : {}
  const code = typeof status.code === 'number' && status.code > 0 ? status.code : httpStatus
  return new KubeApiError({
    status: code,
    message: textOf(status.message) ?? `status ${code} to ${title}`,
    reason: textOf(status.reason) ?? '',
    details: detailsOf(status.details),
    retryAfterSeconds,
    isForeign: !isStatus,
  })
}

function detailsOf(details: unknown): StatusDetails {
  if (!isRecord(details)) return {}
  const { causes, retryAfterSeconds, ...rest } = details
  return {
    ...rest,
    ...(Array.isArray(causes) && { causes: causes.filter(isRecord) }),
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function hasReason(error: unknown, reason: string, status: number): boolean {
  if (!(error instanceof KubeApiError)) return false
  return error.reason === reason || (error.status === status && !isKnownReason(error.reason))
}

function isKnownReason(reason: string): boolean {
  return (
    reason === 'AlreadyExists' || reason === 'Expired' || Object.values(REASON_BY_STATUS).includes(reason)
  )
}

export function isNotFound(error: unknown): boolean {
  return hasReason(error, 'NotFound', 404)
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeApiError && error.reason === 'AlreadyExists'
}

/** The object has changed since it was read; or an applied field belongs to another manager. */
export function isConflict(error: unknown): boolean {
  return hasReason(error, 'Conflict', 409)
}

export function isInvalid(error: unknown): boolean {
  return hasReason(error, 'Invalid', 422)
}

export function isUnauthorized(error: unknown): boolean {
  return hasReason(error, 'Unauthorized', 401)
}

export function isForbidden(error: unknown): boolean {
  return hasReason(error, 'Forbidden', 403)
}

export function isTooManyRequests(error: unknown): boolean {
  return hasReason(error, 'TooManyRequests', 429)
}

/** The version to go on from has been forgotten by the server, under either of its two names. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeApiError && (error.status === 410 || error.reason === 'Expired')
}

/** The version to read from is newer than all that the server knows: it was restored, or is behind. */
export function isTooLargeResourceVersion(error: unknown): boolean {
  return (
    error instanceof KubeApiError &&
    error.causes.some(
      ({ reason, message }) =>
        reason === 'ResourceVersionTooLarge' || message === 'Too large resource version',
    )
  )
}
