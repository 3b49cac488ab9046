import type { X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestInfo } from '../api/request-info.ts'

/** A request as it has come, of whoever it may be. */
export interface IncomingRequest {
  readonly method: string
  readonly url: URL
  readonly info: RequestInfo
  readonly headers: IncomingHttpHeaders
  /** Each header with all its values. */
  readonly headerValues: Readonly<Record<string, readonly string[] | undefined>>
  /** Whose key the handshake has proven; not verified otherwise. */
  readonly certificate: X509Certificate | undefined
  /** Aborted when the client has gone, or the server stops. */
  readonly signal: AbortSignal
  /** @throws StatusError RequestEntityTooLarge or BadRequest */
  readBody(): Promise<Buffer>
  /** Becomes a `Warning` header of the answer. */
  warn(message: string): void
}
