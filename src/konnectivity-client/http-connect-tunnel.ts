import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { ConnectionResetError, DialError, errorMessage } from '../common/errors.ts'
import { raceSignal } from '../common/race-signal.ts'
import { describeEndpoint } from '../transport/index.ts'
import { BaseTunnel } from './base-tunnel.ts'
import { ConnectResponseError, requestConnect } from './connect-request.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import type { DialDeadline } from './dial-deadline.ts'
import type { HostPort } from './host-port.ts'
import { parseServerAddresses, type ServerEndpoint } from './server-address.ts'
import { ServerChoice } from './server-choice.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS } from './server-connector.ts'
import { SocketCarrier } from './socket-carrier.ts'
import type { DialOptions, Tunnel, TunnelOptions } from './tunnel.ts'
import { TunnelSocket } from './tunnel-socket.ts'
import { MAYBE_REFUSED } from './tunnel-stream.ts'

/** As for `createTunnel`; `keepalive` has no meaning here. */
export type HttpConnectTunnelOptions = Omit<TunnelOptions, 'keepalive'>

/**
 * Creates a tunnel through the proxy server's HTTP CONNECT mode: every dial has a TCP (or unix) connection to the proxy
 * server of its own. A dial that the proxy server refused rejects with a DialError of reason `endpoint` whose message is
 * the server's text and whose cause is a ConnectResponseError with the status code.
 *
 * @throws ConfigError when an address cannot be read
 */
export function createHttpConnectTunnel(options: HttpConnectTunnelOptions): Tunnel {
  return new HttpConnectTunnel(options)
}

interface ProxyConnection {
  readonly raw: Socket
  /** What the proxy server is spoken to on: `raw`, or TLS on it. */
  readonly socket: Socket
  readonly secured: boolean
}

class HttpConnectTunnel extends BaseTunnel {
  readonly #options: HttpConnectTunnelOptions
  readonly #servers: ServerChoice
  /** The connections to proxy servers, and who reads them as soon as they carry a connection. */
  readonly #sockets = new Map<Socket, TunnelSocket | undefined>()
  readonly #stopping = new AbortController()

  constructor(options: HttpConnectTunnelOptions) {
    super(options)
    this.#options = options
    this.#servers = new ServerChoice(parseServerAddresses(options))
  }

  protected override async connect(
    remote: HostPort,
    deadline: DialDeadline,
    options: DialOptions,
  ): Promise<TunnelSocket> {
    const givingUp = new AbortController()
    const wait = <T>(work: Promise<T>) => raceSignal(deadline.race(work), this.#stopping.signal)
    const connecting = this.#connectToServer(AbortSignal.any([this.#stopping.signal, givingUp.signal]))
    try {
      const proxy = await wait(connecting)
      await wait(ask(proxy, remote))
      this.#stopping.signal.throwIfAborted()
      return this.#carry(proxy, remote, options)
    } catch (error) {
      givingUp.abort(error)
      connecting.then(
        ({ raw }) => raw.destroy(),
        () => {},
      )
      if (this.closed) throw new DialError('tunnelclosed', 'tunnel closed', { cause: error })
      if (error instanceof DialError) throw error
      throw new DialError('streamsetup', errorMessage(error), { cause: error })
    }
  }

  protected override async teardown(): Promise<void> {
    const reason = new ConnectionResetError('the tunnel was closed')
    this.#stopping.abort(reason) // from here on no dial opens a socket, so that those below are all there are
    const closed = [...this.#sockets.keys()].map(
      (raw) => new Promise((resolve) => raw.once('close', resolve)),
    )
    for (const [raw, socket] of this.#sockets) {
      raw.ref()
      if (socket) socket.resetAndDestroy()
      else raw.destroy(reason)
    }
    await Promise.all(closed)
  }

  async #connectToServer(signal: AbortSignal): Promise<ProxyConnection> {
    const { connection } = await this.#servers.connect(
      {
        connect: (endpoint, giveUp) => this.#connectTo(endpoint, giveUp),
        discard: async ({ raw }) => void raw.destroy(),
      },
      signal,
    )
    return connection
  }

  async #connectTo(endpoint: ServerEndpoint, signal: AbortSignal): Promise<ProxyConnection> {
    const credentials =
      'path' in endpoint ? undefined : await raceSignal(readCredentials(this.#options.credentials), signal)
    signal.throwIfAborted() // what was waited for may have come just before
    const raw = this.#open(endpoint)
    try {
      const socket = await this.#secure(raw, endpoint, credentials, signal)
      return { raw, socket, secured: socket !== raw }
    } catch (error) {
      raw.destroy()
      throw error
    }
  }

  #carry({ raw, socket: proxy }: ProxyConnection, remote: HostPort, options: DialOptions): TunnelSocket {
    const carrier = new SocketCarrier(proxy, raw)
    const socket = new TunnelSocket(carrier, remote, options.allowHalfOpen)
    carrier.start(socket)
    this.#sockets.set(raw, socket)
    this.metrics.moveConnection('dialing', 'ok')
    return socket
  }

  #open(endpoint: ServerEndpoint): Socket {
    const raw = net.connect({
      ...endpoint,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 5_000,
    })
    this.#sockets.set(raw, undefined)
    this.metrics.moveConnection(undefined, 'dialing')
    raw.on('error', () => {}) // whoever waits for the socket hears of it too
    raw.once('close', () => {
      this.metrics.moveConnection(this.#sockets.get(raw) ? 'ok' : 'dialing', undefined)
      this.#sockets.delete(raw)
    })
    return raw
  }

  /** Waits until the socket can be written to, TLS included. */
  async #secure(
    raw: Socket,
    endpoint: ServerEndpoint,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<Socket> {
    const timeout = AbortSignal.timeout(this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS)
    const over = AbortSignal.any([signal, timeout])
    try {
      await once(raw, 'connect', { signal: over })
      if (!credentials || 'path' in endpoint) return raw
      const name = credentials.servername ?? endpoint.host
      const socket = tls.connect({
        socket: raw,
        host: name,
        ...(net.isIP(name) ? {} : { servername: name }),
        ALPNProtocols: ['http/1.1'],
        ca: credentials.ca,
        cert: credentials.cert,
        key: credentials.key,
      })
      socket.on('error', () => {})
      await once(socket, 'secureConnect', { signal: over })
      return socket
    } catch (cause) {
      signal.throwIfAborted()
      const message = timeout.aborted ? 'timed out' : errorMessage(cause)
      throw new Error(`connect to ${describeEndpoint(endpoint)}: ${message}`, { cause })
    }
  }
}

async function ask({ socket, secured }: ProxyConnection, remote: HostPort): Promise<void> {
  try {
    await requestConnect(socket, remote)
  } catch (cause) {
    if (cause instanceof ConnectResponseError) throw new DialError('endpoint', cause.message, { cause })
    const message = secured ? `tunnel closed: ${MAYBE_REFUSED}` : 'tunnel closed'
    throw new DialError('tunnelclosed', message, { cause })
  }
}
