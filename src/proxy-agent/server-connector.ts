import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import net from 'node:net'
import { AppError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import {
  AGENT_STREAM_WINDOW_BYTES,
  BRISK_PACE,
  ClientCall,
  type ClientTls,
  connectHttp2,
  destroySession,
  Keepalive,
  type KeepalivePace,
} from '../transport/index.ts'
import {
  AGENT_CONNECT_PATH,
  AGENT_ID_HEADER,
  AGENT_IDENTIFIERS_HEADER,
  AUTHORIZATION_HEADER,
  agreeOnExtensions,
  announceExtensions,
  type Extensions,
  SERVER_COUNT_HEADER,
  SERVER_ID_HEADER,
} from '../wire/index.ts'
import { connectThroughProxy } from './http-proxy.ts'
import type { ServerAddress } from './server-addresses.ts'

/** How long a server may take to answer our metadata with its own. */
const HEADERS_TIMEOUT_MS = 10_000

/** What grpc-go does not go below, and how long it waits for the answer. */
const KEEPALIVE_FLOOR_MS = 10_000
const KEEPALIVE_TIMEOUT_MS = 20_000

export interface ServerConnectorComponents {
  readonly log: Logger
  /** The credentials, called for each connection so that rotated ones are picked up. */
  readonly tls: () => ClientTls | Promise<ClientTls>
  /** The token to show, likewise; absent without one. */
  readonly token?: (() => Promise<string>) | undefined
}

export interface ServerConnectorOptions {
  readonly agentId: string
  /** A URL query; may be empty. */
  readonly agentIdentifiers: string
  /** What a server with extensions may send ahead per connection, in bytes. */
  readonly windowBytes: number
  /** Ping interval toward other servers, in milliseconds. */
  readonly keepaliveMs: number
  /** Pings toward a server with extensions. @default BRISK_PACE */
  readonly extendedKeepalive?: KeepalivePace
  /** @default HEADERS_TIMEOUT_MS */
  readonly headersTimeoutMs?: number
}

/** A stream to a server that has accepted us. Whoever holds it destroys the session in the end. */
export interface ServerConnection {
  readonly session: ClientHttp2Session
  readonly call: ClientCall
  readonly serverId: string
  readonly serverCount: number
  readonly extensions: Extensions
}

/** Opens agent streams to proxy servers. */
export class ServerConnector {
  readonly #components: ServerConnectorComponents
  readonly #options: ServerConnectorOptions

  constructor(components: ServerConnectorComponents, options: ServerConnectorOptions) {
    this.#components = components
    this.#options = options
  }

  /**
   * Resolves once the server has answered with its metadata.
   *
   * @throws AppError or, when the server refused us, GrpcStatusError; or the reason of `signal`
   */
  async connect(address: ServerAddress, signal: AbortSignal): Promise<ServerConnection> {
    const metadata = await this.#metadata()
    const tls = await this.#components.tls()
    const session = await connectHttp2({
      endpoint: address.endpoint,
      tls,
      streamWindowBytes: AGENT_STREAM_WINDOW_BYTES,
      connectSocket: (connectSignal) => openSocket(address, connectSignal),
      signal,
    })
    try {
      const call = new ClientCall(session, AGENT_CONNECT_PATH, metadata)
      const headers = await this.#headersOf(call, signal)
      const extensions = agreeOnExtensions(headers)
      this.#keepAlive(session, extensions, address)
      return {
        session,
        call,
        serverId: single(headers[SERVER_ID_HEADER], 'server ID'),
        serverCount: integer(single(headers[SERVER_COUNT_HEADER], 'server count')),
        extensions,
      }
    } catch (error) {
      destroySession(session)
      throw hungUpOn(error, tls) ?? error
    }
  }

  async #metadata(): Promise<Record<string, string>> {
    const { agentId, agentIdentifiers, windowBytes } = this.#options
    const token = (await this.#components.token?.())?.trim()
    return {
      [AGENT_ID_HEADER]: agentId,
      [AGENT_IDENTIFIERS_HEADER]: agentIdentifiers,
      ...(token ? { [AUTHORIZATION_HEADER]: `Bearer ${token}` } : {}),
      ...announceExtensions(windowBytes),
    }
  }

  async #headersOf(call: ClientCall, signal: AbortSignal): Promise<IncomingHttpHeaders> {
    const timeoutMs = this.#options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS
    const { promise: interrupted, reject } = Promise.withResolvers<never>()
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const timer = setTimeout(() => {
      reject(new AppError('ERR_CONNECT', `the server sent no metadata within ${timeoutMs / 1000} s`))
    }, timeoutMs)
    try {
      signal.throwIfAborted()
      return await Promise.race([call.headers, interrupted])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }

  #keepAlive(session: ClientHttp2Session, { version }: Extensions, address: ServerAddress): void {
    const plain = {
      intervalMs: Math.max(this.#options.keepaliveMs, KEEPALIVE_FLOOR_MS),
      timeoutMs: KEEPALIVE_TIMEOUT_MS,
    }
    const extended = this.#options.extendedKeepalive ?? BRISK_PACE
    new Keepalive(session, {
      ...(version > 0 ? extended : plain),
      onDead: () => this.#components.log.warn({ address: address.key }, 'proxy server does not answer'),
    }).start()
  }
}

/** A connected socket: the address is the one that was chosen, whatever the name now resolves to. */
async function openSocket({ endpoint, ip, proxy }: ServerAddress, signal: AbortSignal): Promise<net.Socket> {
  if (proxy) return connectThroughProxy({ proxy, destination: endpoint, signal })
  const socket = net.connect({ host: ip, port: endpoint.port })
  try {
    await once(socket, 'connect', { signal })
    socket.on('error', () => {}) // until its new owner listens
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Node joins values that were sent more than once with a comma, which neither of these may hold. */
function single(value: string | string[] | undefined, what: string): string {
  if (typeof value === 'string' && value !== '' && !value.includes(', ')) return value
  throw new AppError('ERR_CONNECT', `expected one ${what} in the metadata, got [${value ?? ''}]`)
}

function integer(text: string): number {
  if (/^[+-]?[0-9]{1,9}$/.test(text)) return Number(text)
  throw new AppError('ERR_CONNECT', `the server count ${JSON.stringify(text)} is no integer`)
}

/** In TLS 1.3 a client believes to be connected before the server has judged its certificate; a refusal looks like a hang-up. */
function hungUpOn(error: unknown, { cert }: ClientTls): AppError | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ECONNRESET' && code !== 'ERR_UNANSWERED') return undefined
  const guess =
    cert !== undefined && new X509Certificate(cert).validToDate.getTime() < Date.now()
      ? 'our certificate has expired, --agent-cert needs a new one'
      : 'it may not accept our certificate'
  return new AppError('ERR_CONNECT', `the server hung up before it answered; ${guess}`, { cause: error })
}
