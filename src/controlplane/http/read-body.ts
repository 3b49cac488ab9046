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
    // What still comes of a body that is too slow, or too large, is read on and thrown away, until the client is told (endUpload).
    return await Promise.race([readAll(source), timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** By its events: an iterator for each small body would cost more than to read it. */
function readAll(source: Readable): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let length = 0
  source.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= MAX_BODY_BYTES) chunks.push(chunk)
    else {
      chunks.length = 0
      reject(tooLarge())
    }
  })
  source.once('end', () =>
    resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)),
  )
  source.once('error', (cause) => reject(brokenOff(cause)))
  source.once('close', () => {
    if (!source.readableEnded) reject(brokenOff())
  })
  return promise
}

function brokenOff(cause?: Error): StatusError {
  const message = 'the body of the request was not sent to its end'
  return new StatusError('BadRequest', message, undefined, { cause })
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`, {})
}

function tooSlow(): StatusError {
  return new StatusError('Timeout', 'the body of the request did not come in time', {})
}
