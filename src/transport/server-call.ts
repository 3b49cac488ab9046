import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { encodeGrpcMessage, GRPC_STATUS } from '../wire/grpc.ts'
import { parseGrpcTimeout, TIMEOUT_HEADER } from './grpc-timeout.ts'
import { MessageStream } from './message-stream.ts'

/** One gRPC stream that a peer opened. */
export class ServerCall {
  readonly messages: MessageStream
  readonly headers: IncomingHttpHeaders
  /** Names and values in turns, as they came: Node joins or drops what a peer sent twice. */
  readonly rawHeaders: readonly string[]
  readonly #stream: ServerHttp2Stream
  #status: number = GRPC_STATUS.OK
  #message = ''

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    this.#stream = stream
    this.headers = headers
    this.rawHeaders = rawHeaders
    this.messages = new MessageStream(stream)
  }

  /** Every value that the peer sent for `name`. */
  headerValues(name: string): string[] {
    const values: string[] = []
    for (let index = 0; index + 1 < this.rawHeaders.length; index += 2) {
      if (this.rawHeaders[index]?.toLowerCase() === name) values.push(this.rawHeaders[index + 1] as string)
    }
    return values
  }

  /** The `grpc-timeout` as it stands in the metadata; undefined where there is none. Of several, the last counts, as in Go. */
  get timeout(): string | undefined {
    return this.headerValues(TIMEOUT_HEADER).at(-1)
  }

  /** How long the peer gives the call from its beginning, in ms; undefined where it does not say. */
  get timeoutMs(): number | undefined {
    return this.timeout === undefined ? undefined : parseGrpcTimeout(this.timeout)
  }

  /** Sends our metadata, once. */
  respond(metadata: Readonly<Record<string, string>> = {}): void {
    if (this.#stream.headersSent || this.messages.closed) return
    this.#stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...metadata },
      { waitForTrailers: true },
    )
    this.#stream.once('wantTrailers', () => this.#sendTrailers())
  }

  /** Calls back once the peer has read all that was sent until now, or is gone. */
  whenRead(callback: () => void): void {
    const { session } = this.#stream
    if (!session || session.destroyed || !session.ping(() => callback())) callback()
  }

  /**
   * Ends the stream with a gRPC status, behind everything written, and hangs up: a peer that never ends its own side would
   * else keep the stream for ever.
   */
  finish(status: number = GRPC_STATUS.OK, message = ''): void {
    if (!this.messages.writable) return
    this.#status = status
    this.#message = message
    if (this.#stream.headersSent) {
      this.messages.end()
      return
    }
    this.#stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...statusTrailers(status, message) },
      { endStream: true },
    )
    this.#hangUp()
  }

  #sendTrailers(): void {
    if (this.#stream.closed) return
    this.#stream.sendTrailers(statusTrailers(this.#status, this.#message))
    setImmediate(() => this.#hangUp()) // Node, too, sends trailers in an immediate, which comes before this one
  }

  /** RST_STREAM NO_ERROR behind END_STREAM toward a peer that has not ended its side, as grpc-go does: it need not send the rest. */
  #hangUp(): void {
    if (!this.messages.closed && !this.messages.peerEnded)
      this.#stream.close(http2.constants.NGHTTP2_NO_ERROR)
  }
}

function statusTrailers(status: number, message: string): Record<string, string> {
  return { 'grpc-status': String(status), ...(message ? { 'grpc-message': encodeGrpcMessage(message) } : {}) }
}
