import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { CLIENT_STREAM_WINDOW_BYTES, connectHttp2, describeEndpoint } from '../transport/index.ts'
import { readCredentials } from './credentials.ts'
import { raceSignal } from './dial-deadline.ts'
import { parseServerAddresses, type ServerEndpoint } from './server-address.ts'
import { ServerConnection } from './server-connection.ts'
import type { TunnelOptions } from './tunnel.ts'
import type { StreamComponents } from './tunnel-stream.ts'

export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/** An address that has not answered for so long does not keep the next one from being tried beside it. */
const HEAD_START_MS = 500

/**
 * Keeps one connection to one of the proxy servers at hand: connects when the first stream is wanted, and again when
 * one is wanted after the connection was lost. Does not retry by itself: a connect that failed is its waiters' error.
 */
export class ServerConnector {
  readonly #components: StreamComponents
  readonly #log: Logger
  readonly #options: TunnelOptions
  readonly #endpoints: readonly ServerEndpoint[]
  /** Where the last connect succeeded: the next one begins there. */
  #preferred = 0
  #current: ServerConnection | undefined
  #connecting: Promise<ServerConnection> | undefined
  /** The current one, and those whose last streams are ending. */
  readonly #connections = new Set<ServerConnection>()
  readonly #stopping = new AbortController()

  constructor(components: StreamComponents, options: TunnelOptions) {
    this.#components = components
    this.#log = components.log
    this.#options = options
    this.#endpoints = parseServerAddresses(options)
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
    const found = new AbortController()
    const giveUp = AbortSignal.any([this.#stopping.signal, found.signal])
    const attempts: Promise<ServerConnection>[] = []
    try {
      while (attempts.length < this.#endpoints.length && !giveUp.aborted) {
        const index = (this.#preferred + attempts.length) % this.#endpoints.length
        const attempt = this.#attempt(index, found, giveUp)
        attempts.push(attempt)
        await answered(attempt, giveUp)
      }
      return await Promise.any(attempts)
    } catch (error) {
      this.#stopping.signal.throwIfAborted()
      const { errors } = error as AggregateError
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(errorMessage).join('; '))
    } finally {
      await Promise.allSettled(attempts) // those that lost have been given up: nothing of them is to be left
    }
  }

  /** Connects to one address. The first attempt to succeed makes all others give up. */
  async #attempt(index: number, found: AbortController, giveUp: AbortSignal): Promise<ServerConnection> {
    const endpoint = this.#endpoints[index] as ServerEndpoint
    const session = await this.#openSession(endpoint, giveUp)
    if (giveUp.aborted) {
      session.destroy()
      await once(session, 'close')
      throw giveUp.reason
    }
    found.abort(new Error('another address answered sooner'))
    this.#preferred = index
    return this.#adopt(session, endpoint)
  }

  async #openSession(endpoint: ServerEndpoint, signal: AbortSignal): Promise<ClientHttp2Session> {
    const tls =
      'path' in endpoint ? undefined : await raceSignal(readCredentials(this.#options.credentials), signal)
    return connectHttp2({
      endpoint,
      tls,
      streamWindowBytes: CLIENT_STREAM_WINDOW_BYTES,
      timeoutMs: this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      signal,
    })
  }

  #adopt(session: ClientHttp2Session, endpoint: ServerEndpoint): ServerConnection {
    const connection = new ServerConnection(this.#components, session, this.#options.keepalive)
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
}

/** Waits until an attempt has come to something, good or bad, or has had its head start. */
async function answered(attempt: Promise<unknown>, giveUp: AbortSignal): Promise<void> {
  const over = new AbortController()
  const done = () => over.abort()
  attempt.then(done, done)
  await sleep(HEAD_START_MS, undefined, { signal: AbortSignal.any([over.signal, giveUp]) }).catch(() => {})
}
