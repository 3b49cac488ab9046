import http2, {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Logger } from '../common/log.ts'
import { GRPC_STATUS } from '../wire/grpc.ts'
import { destroySession, destroySocketOnError } from './destroy-session.ts'
import { SESSION_WINDOW_BYTES } from './http2-limits.ts'
import { Keepalive } from './keepalive.ts'
import { ResetBudget } from './reset-budget.ts'
import { ServerCall } from './server-call.ts'

/**
 * So long after its last stream was opened or closed a session is asked whether it is still there, in ms. When a TLS write
 * fails, because the peer has closed the connection, Node waits for the write behind it for ever and reads nothing meanwhile,
 * not even that the connection is closed.
 */
const PROBE_MS = 5_000

export interface ServerSessionsOptions {
  readonly path: string
  /** The pings that tell a vanished peer from a silent one, in milliseconds. */
  readonly keepaliveMs: number
  readonly keepaliveTimeoutMs: number
  readonly onCall: (call: ServerCall, keepalive: Keepalive) => void
}

/**
 * Serves one gRPC method on the HTTP/2 sessions of a server: what each session may cost, which requests are ours, and
 * how the others are answered. Owns the sessions, not the listener.
 */
export class ServerSessions {
  readonly #log: Logger
  readonly #options: ServerSessionsOptions
  readonly #sessions = new Map<ServerHttp2Session, Keepalive>()

  constructor(log: Logger, options: ServerSessionsOptions) {
    this.#log = log
    this.#options = options
  }

  get size(): number {
    return this.#sessions.size
  }

  attach(server: Http2Server): void {
    server.on('session', (session) => this.#adopt(session))
    server.on('stream', (stream, headers, _flags, rawHeaders) => this.#route(stream, headers, rawHeaders))
    server.on('sessionError', (err) => this.#log.debug({ err }, 'session failed'))
  }

  /** Ends every session; what still runs on them is reset. */
  destroyAll(): void {
    for (const session of this.#sessions.keys()) destroySession(session)
  }

  #adopt(session: ServerHttp2Session): void {
    const keepalive = this.#keepAlive(session)
    const probe = setTimeout(() => keepalive.ask(), PROBE_MS).unref()
    this.#sessions.set(session, keepalive)
    session.once('close', () => {
      this.#sessions.delete(session)
      clearTimeout(probe)
    })
    destroySocketOnError(session)
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    const budget = new ResetBudget()
    session.on('stream', (stream) => {
      probe.refresh()
      stream.once('close', () => {
        if (session.destroyed) return
        probe.refresh()
        if (stream.rstCode === http2.constants.NGHTTP2_NO_ERROR || budget.spend()) return
        this.#log.warn({ peer: session.socket?.remoteAddress }, 'peer resets streams too fast')
        session.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
        destroySession(session)
      })
    })
  }

  #keepAlive(session: ServerHttp2Session): Keepalive {
    return new Keepalive(session, {
      intervalMs: this.#options.keepaliveMs,
      timeoutMs: this.#options.keepaliveTimeoutMs,
      onDead: () => this.#log.info({ peer: session.socket?.remoteAddress }, 'peer does not answer'),
    }).start()
  }

  #route(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
    const contentType = headers['content-type'] ?? ''
    if (headers[':method'] !== 'POST' || !contentType.startsWith('application/grpc')) {
      stream.on('error', () => {})
      stream.respond({ ':status': 415 }, { endStream: true })
      return
    }
    const call = new ServerCall(stream, headers, rawHeaders)
    if (headers[':path'] !== this.#options.path) {
      call.finish(GRPC_STATUS.UNIMPLEMENTED, `unknown method ${headers[':path']}`)
      return
    }
    if (call.timeout !== undefined && call.timeoutMs === undefined) {
      call.finish(GRPC_STATUS.INTERNAL, `malformed grpc-timeout: ${JSON.stringify(call.timeout)}`)
      return
    }
    const keepalive = this.#sessions.get(stream.session as ServerHttp2Session)
    if (keepalive) this.#options.onCall(call, keepalive)
  }
}
