import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { JsonObject } from '../api/json.ts'
import type { StatusError } from '../api/status.ts'
import { type BodyFormat, encodeBody, MEDIA_TYPE_BY_FORMAT } from '../codec/index.ts'

/** What is answered, in one piece or as it comes. */
export type Answer = WholeAnswer | StreamedAnswer

interface AnswerHead {
  readonly status: number
  readonly contentType: string
  /** Besides those that every answer has. */
  readonly headers?: OutgoingHttpHeaders
}

export interface WholeAnswer extends AnswerHead {
  /** In pieces, so that what is kept need not be copied. */
  readonly body: readonly Buffer[]
}

/** Where an answer goes that comes piece by piece. */
export interface AnswerStream {
  /** Aborted when the client has gone, or the server stops. */
  readonly signal: AbortSignal
  /** False when the client is behind: call `onDrain` before the next. */
  write(piece: Buffer): boolean
  /** Calls back once, when there is room again. */
  onDrain(callback: () => void): void
  end(): void
  /** Breaks off, so that the client sees that it is not the end. */
  destroy(): void
}

export interface StreamedAnswer extends AnswerHead {
  /** Called once the head has been sent. */
  readonly stream: (output: AnswerStream) => void
}

/** The connection becomes something else: whoever answers so writes the head, too. Only HTTP/1.1 has it. */
export interface UpgradeAnswer {
  readonly status: 101
  readonly upgrade: (connection: UpgradedConnection) => void
}

export interface UpgradedConnection {
  readonly request: IncomingMessage
  /** Owned from now on. */
  readonly socket: Duplex
  /** What has come after the request's head. */
  readonly head: Buffer
  /** Those that every answer has. */
  readonly headers: OutgoingHttpHeaders
}

const LINE_BREAK = Buffer.from('\n')

export function objectAnswer(status: number, object: JsonObject, format: BodyFormat = 'json'): WholeAnswer {
  return { status, contentType: MEDIA_TYPE_BY_FORMAT[format], body: [encodeBody(object, format)] }
}

/** JSON that is there already; the original ends it with a line break. */
export function jsonAnswer(status: number, ...pieces: readonly Buffer[]): WholeAnswer {
  return { status, contentType: MEDIA_TYPE_BY_FORMAT.json, body: [...pieces, LINE_BREAK] }
}

export function textAnswer(status: number, text: string): WholeAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: [Buffer.from(text)] }
}

/** What clients are told of paths that nothing is responsible for. */
export function pageNotFound(): WholeAnswer {
  return textAnswer(404, '404 page not found\n')
}

export function statusAnswer(error: StatusError, format: BodyFormat): WholeAnswer {
  const seconds = error.details?.retryAfterSeconds
  return {
    ...objectAnswer(error.httpStatus, error.toStatus(), format),
    ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
  }
}
