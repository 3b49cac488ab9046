import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Answer, AnswerStream, StreamedAnswer, WholeAnswer } from './answer.ts'

export type Response = ServerResponse | Http2ServerResponse

const compress = promisify(gzip)

/** Smaller answers are not worth it (k8s.io/apiserver, defaultGzipThresholdBytes). */
const GZIP_FROM_BYTES = 128 * 1024

/** What is encrypted at once: it is in memory twice. */
const PIECE_BYTES = 256 * 1024

/** As --request-timeout of the original, for whoever does not read what they have asked for. */
const TIMEOUT_MS = 60_000

/** What an answer depends on besides its request's path and query. */
export interface AnswerContext {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly warnings: readonly string[]
  /** Aborted when the client has gone, or the server stops. */
  readonly signal: AbortSignal
  /** What to wait for between the last byte of a whole answer and its end. @default nothing */
  readonly beforeEnd?: Promise<void> | undefined
  /** How long a client may take to read a whole answer. @default a minute */
  readonly timeoutMs?: number | undefined
}

/** Sends an answer. Resolves when it has been handed over, or the client has gone. */
export async function writeAnswer(response: Response, answer: Answer, context: AnswerContext): Promise<void> {
  if (context.signal.aborted) return
  if ('stream' in answer) writeStream(response, answer, context)
  else await writeWhole(response, answer, context)
}

async function writeWhole(
  response: Response,
  { status, contentType, headers, body }: WholeAnswer,
  context: AnswerContext,
): Promise<void> {
  const head = { ...commonHeaders(contentType, context), ...headers }
  const length = body.reduce((sum, piece) => sum + piece.length, 0)
  let bytes = body.length === 1 ? (body[0] as Buffer) : Buffer.concat(body, length)
  if (length >= GZIP_FROM_BYTES && acceptsGzip(context.headers)) {
    bytes = await compress(bytes, { level: constants.Z_BEST_SPEED })
    Object.assign(head, { 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    if (context.signal.aborted) return
  }
  const timer = setTimeout(() => response.destroy(), context.timeoutMs ?? TIMEOUT_MS)
  response.once('close', () => clearTimeout(timer))
  writeHead(response, status, { ...head, 'content-length': bytes.length })
  if (context.method === 'HEAD') response.end()
  else if (context.beforeEnd) {
    write(response, bytes)
    await context.beforeEnd
    response.end()
  } else endInPieces(response, bytes)
}

/** Writes no faster than the client reads. */
function endInPieces(response: Response, bytes: Buffer): void {
  let position = 0
  const writeOn = (): void => {
    while (bytes.length - position > PIECE_BYTES) {
      const piece = bytes.subarray(position, position + PIECE_BYTES)
      position += PIECE_BYTES
      if (write(response, piece)) continue
      response.once('drain', writeOn)
      return
    }
    response.end(bytes.subarray(position))
  }
  writeOn()
}

function writeStream(
  response: Response,
  { status, contentType, headers, stream }: StreamedAnswer,
  context: AnswerContext,
): void {
  writeHead(response, status, { ...commonHeaders(contentType, context), ...headers })
  // The client learns that it watches even if there is nothing to tell yet.
  flushHeaders(response)
  const output: AnswerStream = {
    signal: context.signal,
    write: (piece) => write(response, piece),
    onDrain: (callback) => void response.once('drain', callback),
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  }
  stream(output)
}

function write(response: Response, piece: Buffer): boolean {
  // Both kinds of response have it, with types that do not go together.
  return (response as ServerResponse).write(piece)
}

function flushHeaders(response: Response): void {
  ;(response as ServerResponse).flushHeaders()
}

function writeHead(response: Response, status: number, headers: OutgoingHttpHeaders): void {
  ;(response as ServerResponse).writeHead(status, headers)
}

/** `contentType` is that of the body, if it has one. */
export function commonHeaders(
  contentType: string | undefined,
  { warnings }: Pick<AnswerContext, 'warnings'>,
): OutgoingHttpHeaders {
  return {
    'audit-id': randomUUID(),
    'cache-control': 'no-cache, private',
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...warningHeaders(warnings),
  }
}

/** One for each, which the types do not know. */
function warningHeaders(warnings: readonly string[]): OutgoingHttpHeaders {
  if (warnings.length === 0) return {}
  return { warning: warnings.map(warningHeader) } as unknown as OutgoingHttpHeaders
}

/** A text in quotes (RFC 7234, 5.5); what cannot stand in a header is left out. */
function warningHeader(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]+/g, ' ').replace(/["\\]/g, '\\$&')
  return `299 - "${printable}"`
}

function acceptsGzip(headers: IncomingHttpHeaders): boolean {
  const accepted = headers['accept-encoding'] ?? ''
  return String(accepted)
    .split(',')
    .some((each) => each.trim().split(';', 1)[0] === 'gzip')
}
