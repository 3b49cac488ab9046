import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../common/log.ts'
import type { Dispatcher } from '../../common/undici.ts'
import type { ClusterAccess } from '../access/cluster-access.ts'
import type { Transport } from './transport.ts'

type Http = typeof import('../../common/undici.ts')

const CONNECT_TIMEOUT_MS = 30_000

/** Requests that take long are no reason to open connections without end: the next ones wait. */
const MOST_CONNECTIONS = 64

/** API servers keep idle connections for minutes; a handshake costs both ends something. */
const KEEP_IDLE_MS = 30_000

/** A connection whose other end is gone without a word is found out by TCP's keepalive. */
const TCP_KEEPALIVE_MS = 30_000

/** One set of connections, for one set of credentials. */
interface Pool {
  readonly requests: Dispatcher
  readonly watches: Dispatcher
  /** Ends connections that are still being made, too, which undici would wait for. */
  readonly ending: AbortController
}

type Use = 'requests' | 'watches'

/**
 * The connections to one API. They speak HTTP/1.1 on purpose: a request that takes too long is given up together with its
 * connection, which in HTTP/2 would be kept, dead as it is, for the next ones. Watches have connections of their own, one
 * each, of which there may be any number, so that requests never wait for them.
 *
 * Credentials that change in the handshake get new connections; what is under way on the previous ones comes to its end.
 */
export class Connections {
  readonly #log: Logger
  readonly #pools = new Set<Pool>()
  #pool: Pool | undefined
  #access: ClusterAccess | undefined

  readonly #given: Transport | undefined

  /** @param given carries everything, in the place of connections */
  constructor(log: Logger, given?: Transport) {
    this.#log = log
    this.#given = given
  }

  async to(access: ClusterAccess, use: Use): Promise<Transport> {
    if (this.#given) return this.#given
    const http = await import('../../common/undici.ts') // a process that only asks itself has no use for it
    if (!this.#pool || !isSameHandshake(access, this.#access)) {
      const previous = this.#pool
      this.#pool = poolFor(http, access)
      this.#pools.add(this.#pool)
      if (previous) void this.#retire(previous)
    }
    this.#access = access
    return this.#pool[use]
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools]
    this.#pools.clear()
    await this.#given?.destroy()
    await Promise.all(pools.flatMap(({ requests, watches }) => [requests.destroy(), watches.destroy()]))
    for (const { ending } of pools) ending.abort()
  }

  async #retire(pool: Pool): Promise<void> {
    try {
      await Promise.all([pool.requests.close(), pool.watches.close()])
    } catch (err) {
      this.#log.debug({ err }, 'connections with previous credentials broke')
    }
    this.#pools.delete(pool)
  }
}

function isSameHandshake(one: ClusterAccess, other: ClusterAccess | undefined): boolean {
  return one === other || (one.proxyUrl === other?.proxyUrl && isDeepStrictEqual(one.tls, other?.tls))
}

function poolFor(http: Http, access: ClusterAccess): Pool {
  const ending = new AbortController()
  return {
    requests: dispatcherFor(http, access, MOST_CONNECTIONS, ending.signal),
    watches: dispatcherFor(http, access, null, ending.signal),
    ending,
  }
}

function dispatcherFor(
  { Agent, ProxyAgent }: Http,
  { tls, proxyUrl }: ClusterAccess,
  connections: number | null,
  signal: AbortSignal,
): Dispatcher {
  const connect = { ...tls, timeout: CONNECT_TIMEOUT_MS, keepAliveInitialDelay: TCP_KEEPALIVE_MS, signal }
  const options = { allowH2: false, connections, keepAliveTimeout: KEEP_IDLE_MS, pipelining: 1 }
  if (proxyUrl === undefined) return new Agent({ ...options, connect })
  // As in client-go, a proxy that speaks TLS is verified by the same authorities as the API behind it.
  const { servername: _, ...proxyTls } = connect
  return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect, proxyTls })
}
