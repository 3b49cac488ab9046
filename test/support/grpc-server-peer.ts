import { once } from 'node:events'
import http2, {
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { MessageReader, withPrefix } from './grpc-framing.ts'
import type { TestCa, TestCredentials } from './test-pki.ts'

/** How a peer ended its side: in order, or by a reset, which to us the loss of its connection is, too. */
export type StreamEnding = 'END_STREAM' | 'RST_STREAM'

/** A stream that a client opened: keeps what comes, and sends what the test says. Like a Go server, it ends behind the client. */
export class AcceptedStream {
  readonly session: ServerHttp2Session
  readonly headers: IncomingHttpHeaders
  readonly messages: Buffer[] = []
  ending: StreamEnding | undefined
  readonly #stream: ServerHttp2Stream
  readonly #ended = Promise.withResolvers<StreamEnding>()

  constructor(session: ServerHttp2Session, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.session = session
    this.headers = headers
    this.#stream = stream
    const reader = new MessageReader()
    stream.on('data', (chunk: Buffer) => this.messages.push(...reader.read(chunk)))
    stream.on('error', () => {})
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    // Node ends a stream that was reset, too, and tells only then that it was.
    stream.once('end', () => setImmediate(() => this.#handleEnd()))
    stream.once('close', () => this.#settle('RST_STREAM'))
  }

  get ended(): Promise<StreamEnding> {
    return this.#ended.promise
  }

  respond(headers: OutgoingHttpHeaders): void {
    this.#stream.respond(headers, { waitForTrailers: true })
  }

  sendMessage(message: Buffer): void {
    this.#stream.write(withPrefix(message))
  }

  /** Resolves once the client has read all that was sent, and all that it had to say to it by then has come. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await new Promise<void>((resolve, reject) => {
        const asked = this.session.ping((error) => (error ? reject(error) : resolve()))
        if (!asked) reject(new Error('the session takes no ping'))
      })
    }
  }

  #handleEnd(): void {
    if (this.#stream.aborted || this.#stream.rstCode) return
    this.#settle('END_STREAM')
    this.#stream.end()
  }

  #settle(ending: StreamEnding): void {
    this.ending ??= ending
    this.#ended.resolve(this.ending)
  }
}

/** The server for streams in the hands of a test: GrpcPeer's other side. */
export class GrpcServerPeer {
  /** Those that are open. */
  readonly sessions = new Set<ServerHttp2Session>()
  readonly #server: Http2SecureServer
  readonly #unclaimed: AcceptedStream[] = []
  readonly #waiters: ((stream: AcceptedStream) => void)[] = []

  static async start({ certPem, keyPem }: TestCredentials, { caPem }: TestCa): Promise<GrpcServerPeer> {
    const peer = new GrpcServerPeer(
      http2.createSecureServer({
        cert: certPem,
        key: keyPem,
        ca: caPem,
        requestCert: true,
        rejectUnauthorized: true,
      }),
    )
    peer.#server.listen(0, '127.0.0.1')
    await once(peer.#server, 'listening')
    return peer
  }

  constructor(server: Http2SecureServer) {
    this.#server = server
    server.on('sessionError', () => {})
    server.on('session', (session) => {
      this.sessions.add(session)
      session.once('close', () => this.sessions.delete(session))
      session.on('stream', (stream, headers) => this.#accept(new AcceptedStream(session, stream, headers)))
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The next stream that no earlier call has had. */
  nextStream(): Promise<AcceptedStream> {
    const stream = this.#unclaimed.shift()
    return stream ? Promise.resolve(stream) : new Promise((resolve) => this.#waiters.push(resolve))
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const session of this.sessions) session.destroy()
    await closed
  }

  #accept(stream: AcceptedStream): void {
    const waiter = this.#waiters.shift()
    if (waiter) waiter(stream)
    else this.#unclaimed.push(stream)
  }
}
