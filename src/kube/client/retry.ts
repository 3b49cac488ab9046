import { KubeApiError, KubeRequestError } from '../errors.ts'
import type { KubeRequest } from './request.ts'

/** For a connection that broke before the answer. */
const AFTER_RESET_MS = 1000

/** However long a server has asked to wait, nobody comes later than by this. */
const MOST_SPREAD_MS = 10_000

const BROKEN_CONNECTION = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export interface RetryAttempt {
  /** How often it has failed before. */
  readonly failures: number
  /** Evenly distributed in [0, 1). */
  readonly random: () => number
}

/**
 * In how many ms to try again; undefined when the failure stands. As `retryMs`, and later by a random part of that, which grows with each
 * failure: a server that has too much to do asks all its clients to wait for the same second, and must not see them all again then.
 */
export function retryDelayMs(
  error: unknown,
  request: KubeRequest,
  { failures, random }: RetryAttempt,
): number | undefined {
  const ms = retryMs(error, request)
  return ms === undefined ? undefined : ms + random() * Math.min(ms * (failures + 1), MOST_SPREAD_MS)
}

/**
 * By client-go's rules: where the server asks for it with a `Retry-After` in an answer of 429 or 5xx, whatever the method; and where a
 * connection broke, reads only, for nobody knows whether a write was carried out.
 */
function retryMs(error: unknown, request: KubeRequest): number | undefined {
  if (error instanceof RetryableApiError) return error.retryHeaderSeconds * 1000
  if (error instanceof KubeRequestError && request.method === 'GET' && isBrokenConnection(error.cause)) {
    return AFTER_RESET_MS
  }
  return undefined
}

function isBrokenConnection(cause: unknown): boolean {
  return cause instanceof Error && BROKEN_CONNECTION.has((cause as NodeJS.ErrnoException).code ?? '')
}

/** A refusal whose headers ask to come again. The details of a Status may do so too, which client-go leaves to its callers. */
export class RetryableApiError extends KubeApiError {
  readonly retryHeaderSeconds: number

  constructor(refused: KubeApiError, retryHeaderSeconds: number) {
    super({ ...refused, message: refused.message, retryAfterSeconds: retryHeaderSeconds })
    this.name = 'KubeApiError'
    this.retryHeaderSeconds = retryHeaderSeconds
  }
}

/** Reads the header `Retry-After`, which Kubernetes writes in seconds. */
export function retryAfterSeconds(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
}
