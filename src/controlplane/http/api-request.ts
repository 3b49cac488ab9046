import type { IncomingHttpHeaders } from 'node:http'
import type { RequestInfo } from '../api/request-info.ts'
import type { User } from '../rbac/index.ts'

/** A request whose client is known. */
export interface ApiRequest<Info extends RequestInfo = RequestInfo> {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly info: Info
  readonly user: User
  /** Aborted when the client has gone, or nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /**
   * The whole body, once.
   *
   * @throws StatusError RequestEntityTooLarge, or Timeout when it does not come
   */
  readBody(): Promise<Buffer>
  /** Becomes a `Warning` header of the answer. */
  warn(message: string): void
}
