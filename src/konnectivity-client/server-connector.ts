import type { Logger } from '../common/log.ts'
import { raceSignal } from '../common/race-signal.ts'
import { CLIENT_STREAM_WINDOW_BYTES, connectHttp2, describeEndpoint } from '../transport/index.ts'
import { readCredentials } from './credentials.ts'
import { parseServerAddresses, type ServerEndpoint } from './server-address.ts'
import { ServerChoice } from './server-choice.ts'
import { ServerConnection } from './server-connection.ts'
import type { TunnelOptions } from './tunnel.ts'
import type { StreamComponents } from './tunnel-stream.ts'

export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/**
 * Keeps one connection to one of the proxy servers at hand: connects when the first stream is wanted, and again when
 * one is wanted after the connection was lost. Does not retry by itself: a connect that failed is its waiters' error.
 */
export class ServerConnector {
  readonly #components: StreamComponents
  readonly #log: Logger
  readonly #options: TunnelOptions
  readonly #servers: ServerChoice
  #current: ServerConnection | undefined
  #connecting: Promise<ServerConnection> | undefined
  /** The current one, and those whose last streams are ending. */
  readonly #connections = new Set<ServerConnection>()
  readonly #stopping = new AbortController()

  constructor(components: StreamComponents, options: TunnelOptions) {
    this.#components = components
    this.#log = components.log
    this.#options = options
    this.#servers = new ServerChoice(parseServerAddresses(options))
  }

  /** @throws AppError `ERR_CONNECT`, or AggregateError of them when there were several addresses to try */
  async connection(): Promise<ServerConnection> {
    if (this.#current?.usable) return this.#current
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  /** Gives everything up and resolves once it is gone. */
  async stop(reason: Error): Promise<void> {
    this.#stopping.abort(reason)
    await this.#connecting?.catch(() => {})
    await Promise.all([...this.#connections].map((connection) => connection.end(reason)))
  }

  async #connect(): Promise<ServerConnection> {
    const { connection, endpoint } = await this.#servers.connect(
      {
        connect: (endpoint, signal) => this.#connectTo(endpoint, signal),
        discard: (connection) => connection.end(new Error('nobody waits for the connection')),
      },
      this.#stopping.signal,
    )
    const server = describeEndpoint(endpoint)
    this.#connections.add(connection)
    this.#current = connection
    this.#log.debug({ server }, 'connected to proxy server')
    connection.closed.then(() => {
      this.#connections.delete(connection)
      this.#log.debug({ server }, 'connection to proxy server closed')
    })
    return connection
  }

  async #connectTo(endpoint: ServerEndpoint, signal: AbortSignal): Promise<ServerConnection> {
    const tls =
      'path' in endpoint ? undefined : await raceSignal(readCredentials(this.#options.credentials), signal)
    const session = await connectHttp2({
      endpoint,
      tls,
      streamWindowBytes: CLIENT_STREAM_WINDOW_BYTES,
      timeoutMs: this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      signal,
    })
    return new ServerConnection(this.#components, session, this.#options.keepalive)
  }
}
