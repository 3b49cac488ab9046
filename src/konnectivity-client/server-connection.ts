import type { ClientHttp2Session } from 'node:http2'
import type { Logger } from '../common/log.ts'
import { ClientCall, destroySession, Keepalive } from '../transport/index.ts'
import { EXTENSION_VERSION, EXTENSIONS_HEADER, FRONTEND_PROXY_PATH } from '../wire/index.ts'
import type { TunnelKeepalive } from './tunnel.ts'
import { type StreamComponents, type StreamOwner, StreamRefusedError, TunnelStream } from './tunnel-stream.ts'

/** Toward servers of our own kind: a server that vanished is noticed in at most 15 s. */
const DEFAULT_KEEPALIVE: TunnelKeepalive = { intervalMs: 5_000 }
const KEEPALIVE_TIMEOUT_MS = 10_000

const METADATA = { [EXTENSIONS_HEADER]: String(EXTENSION_VERSION), 'user-agent': 'konnectivity-client-js' }

/**
 * One HTTP/2 connection to a proxy server, with a stream for each connection through it.
 *
 * Keeps the process alive while one of its streams does. Owns the session; `closed` resolves when it is gone.
 */
export class ServerConnection implements StreamOwner {
  readonly closed: Promise<void>
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  readonly #session: ClientHttp2Session
  readonly #components: StreamComponents
  readonly #log: Logger
  readonly #keepalive: TunnelKeepalive | false | undefined
  readonly #streams = new Set<TunnelStream>()
  #mayRefuseUs: boolean
  #retained = 0
  #pings: Keepalive | undefined
  #ending = false

  constructor(
    components: StreamComponents,
    session: ClientHttp2Session,
    keepalive: TunnelKeepalive | false | undefined,
  ) {
    this.#components = components
    this.#log = components.log
    this.#session = session
    this.#keepalive = keepalive
    this.closed = new Promise((resolve) => {
      session.once('close', resolve)
    })
    this.localAddress = session.socket.localAddress // not to be had any more once the session is gone
    this.localPort = session.socket.localPort
    this.#mayRefuseUs = session.encrypted === true
    session.once('remoteSettings', () => {
      this.#mayRefuseUs = false
    })
    session.unref()
    if (keepalive) this.#startPings(keepalive)
  }

  /** False once no new stream can be opened on it: the server has said so, or it is lost. */
  get usable(): boolean {
    return !this.#ending && !this.#session.closed && !this.#session.destroyed
  }

  get mayRefuseUs(): boolean {
    return this.#mayRefuseUs
  }

  /** @throws StreamRefusedError when the connection is about to end */
  openStream(): TunnelStream {
    const stream = new TunnelStream(this.#components, this, this.#openCall())
    this.#streams.add(stream)
    return stream
  }

  /** Gives all streams up for `reason` and closes the connection once they are gone. */
  async end(reason: Error): Promise<void> {
    this.#ending = true
    this.retain() // whoever awaits this wants the process to stay for it
    for (const stream of this.#streams) stream.abandon(reason)
    this.#destroyWhenUnused()
    await this.closed
  }

  retain(): void {
    this.#retained++
    if (this.#retained === 1) this.#session.ref()
  }

  release(): void {
    this.#retained--
    if (this.#retained === 0) this.#session.unref()
  }

  handleExtensions(): void {
    if (!this.#pings && this.#keepalive === undefined) this.#startPings(DEFAULT_KEEPALIVE)
  }

  handleStreamClosed(stream: TunnelStream): void {
    this.#streams.delete(stream)
    this.#destroyWhenUnused()
  }

  #openCall(): ClientCall {
    try {
      return new ClientCall(this.#session, FRONTEND_PROXY_PATH, METADATA)
    } catch (cause) {
      throw new StreamRefusedError(cause)
    }
  }

  #destroyWhenUnused(): void {
    if (this.#streams.size === 0 && !this.usable) destroySession(this.#session)
  }

  #startPings({ intervalMs, timeoutMs = KEEPALIVE_TIMEOUT_MS }: TunnelKeepalive): void {
    this.#pings = new Keepalive(this.#session, {
      intervalMs,
      timeoutMs,
      withoutStreams: () => this.#streams.size > 0,
      onDead: () => this.#log.warn({ timeoutMs }, 'proxy server does not answer'),
    }).start()
  }
}
