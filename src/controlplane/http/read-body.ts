import type { Readable } from 'node:stream'
import { StatusError } from '../api/status.ts'

/** As k8s.io/apiserver, MaxRequestBodyBytes. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024

/** A body may take its time, but not for ever. */
const TIMEOUT_MS = 60_000

/**
 * All of a request's body.
 *
 * @throws StatusError RequestEntityTooLarge; Timeout when it does not come; BadRequest when the client breaks off
 */
export async function readBody(
  source: Readable,
  declaredLength: string | undefined,
  timeoutMs = TIMEOUT_MS,
): Promise<Buffer> {
  if (Number(declaredLength) > MAX_BODY_BYTES) throw tooLarge()
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(tooSlow()), timeoutMs)
  try {
    // What still comes of a body that is too slow is read on, and thrown away.
    return await Promise.race([readAll(source), timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function readAll(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MAX_BODY_BYTES) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw new StatusError('BadRequest', 'the body of the request was not sent to its end', undefined, {
      cause: error,
    })
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`, {})
}

function tooSlow(): StatusError {
  return new StatusError('Timeout', 'the body of the request did not come in time', {})
}
