import type { IncomingMessage } from 'node:http'
import { constants, type Http2ServerRequest } from 'node:http2'
import type { Response } from './write-answer.ts'

/** A rest of a body that is no longer is read to its end, so that the connection can be used again. As Go's net/http. */
const SHORT_REST_BYTES = 256 * 1024
/** A client that writes all before it reads finds the answer, when it is no more than so much or so long behind. */
const LINGER_BYTES = 16 * 1024 * 1024
const LINGER_MS = 1_000

/**
 * Has a client know that it need not send the rest of a body, when that is answered already: else it could go on for ever, and all
 * would have to be read. To be called before the answer is written. Returns what to wait for when all of it is written, before it is
 * ended: a connection that is closed on a client that still sends takes the answer away from it.
 */
export function endUpload(
  request: IncomingMessage | Http2ServerRequest,
  response: Response,
): Promise<void> | undefined {
  if ('stream' in request) {
    endStream(request)
    return undefined
  }
  if (!isUploading(request)) return undefined
  response.setHeader('connection', 'close')
  return lingering(request)
}

/** RFC 9113, 8.1: after the whole answer, the stream is reset without an error. */
function endStream(request: Http2ServerRequest): void {
  const { stream } = request
  if (request.complete || stream.endAfterHeaders) return
  // Its window is not opened again.
  request.pause()
  stream.once('finish', () =>
    setImmediate(() => {
      stream.close(constants.NGHTTP2_NO_ERROR)
      // What has come already would keep it open.
      request.resume()
    }),
  )
}

function isUploading(request: IncomingMessage): boolean {
  if (request.complete) return false
  const isGivenUp = request.readableFlowing !== null
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  return isGivenUp || encoding !== undefined || Number(length ?? 0) > SHORT_REST_BYTES
}

function lingering(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let rest = LINGER_BYTES
    const timer = setTimeout(resolve, LINGER_MS)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    request.once('close', end).once('end', end)
    request.on('data', (chunk: Buffer) => {
      rest -= chunk.length
      if (rest < 0) end()
    })
  })
}
