import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { ConnectionResetError, DialError, errorMessage } from '../common/errors.ts'
import { describeEndpoint } from '../transport/index.ts'
import { BaseTunnel } from './base-tunnel.ts'
import { ConnectResponseError, requestConnect } from './connect-request.ts'
import { type Credentials, readCredentials } from './credentials.ts'
import { type DialDeadline, raceSignal } from './dial-deadline.ts'
import type { HostPort } from './host-port.ts'
import { parseServerAddresses, type ServerEndpoint } from './server-address.ts'
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

class HttpConnectTunnel extends BaseTunnel {
  readonly #options: HttpConnectTunnelOptions
  readonly #endpoints: readonly ServerEndpoint[]
  #preferred = 0
  /** The connections to proxy servers, and who reads them as soon as they carry a connection. */
  readonly #sockets = new Map<Socket, TunnelSocket | undefined>()
  readonly #stopping = new AbortController()

  constructor(options: HttpConnectTunnelOptions) {
    super(options)
    this.#options = options
    this.#endpoints = parseServerAddresses(options)
  }

  protected override async connect(
    remote: HostPort,
    deadline: DialDeadline,
    options: DialOptions,
  ): Promise<TunnelSocket> {
    const errors: unknown[] = []
    for (let attempt = 0; attempt < this.#endpoints.length; attempt++) {
      const index = (this.#preferred + attempt) % this.#endpoints.length
      try {
        const socket = await this.#connectThrough(
          this.#endpoints[index] as ServerEndpoint,
          remote,
          deadline,
          options,
        )
        this.#preferred = index
        return socket
      } catch (error) {
        if (this.closed) throw new DialError('tunnelclosed', 'tunnel closed', { cause: error })
        if (error instanceof DialError) throw error
        errors.push(error)
      }
    }
    const cause = errors.length === 1 ? errors[0] : new AggregateError(errors)
    throw new DialError('streamsetup', errors.map(errorMessage).join('; '), { cause })
  }

  protected override async teardown(): Promise<void> {
    const reason = new ConnectionResetError('the tunnel was closed')
    this.#stopping.abort(reason) // from here on no dial opens a socket, so that those below are all there are
    const closed = [...this.#sockets.keys()].map(
      (raw) => new Promise((resolve) => raw.once('close', resolve)),
    )
    for (const [raw, socket] of this.#sockets) {
      raw.ref()
      if (socket) socket.destroy(reason)
      else raw.destroy(reason)
    }
    await Promise.all(closed)
  }

  async #connectThrough(
    endpoint: ServerEndpoint,
    remote: HostPort,
    deadline: DialDeadline,
    options: DialOptions,
  ): Promise<TunnelSocket> {
    const wait = <T>(work: Promise<T>) => raceSignal(deadline.race(work), this.#stopping.signal)
    const credentials =
      'path' in endpoint ? undefined : await wait(readCredentials(this.#options.credentials))
    this.#stopping.signal.throwIfAborted() // what was waited for may have come just before
    const raw = this.#open(endpoint)
    try {
      const proxy = await wait(this.#secure(raw, endpoint, credentials))
      await wait(ask(proxy, remote, credentials !== undefined))
      this.#stopping.signal.throwIfAborted()
      const carrier = new SocketCarrier(proxy, raw)
      const socket = new TunnelSocket(carrier, remote, options.allowHalfOpen)
      carrier.start(socket)
      this.#sockets.set(raw, socket)
      this.metrics.moveConnection('dialing', 'ok')
      return socket
    } catch (error) {
      raw.destroy()
      throw error
    }
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
  ): Promise<Socket> {
    const timeout = AbortSignal.timeout(this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS)
    try {
      await once(raw, 'connect', { signal: timeout })
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
      await once(socket, 'secureConnect', { signal: timeout })
      return socket
    } catch (cause) {
      const message = timeout.aborted ? 'timed out' : errorMessage(cause)
      throw new Error(`connect to ${describeEndpoint(endpoint)}: ${message}`, { cause })
    }
  }
}

async function ask(proxy: Socket, remote: HostPort, showedCertificate: boolean): Promise<void> {
  try {
    await requestConnect(proxy, remote)
  } catch (cause) {
    if (cause instanceof ConnectResponseError) throw new DialError('endpoint', cause.message, { cause })
    const message = showedCertificate ? `tunnel closed: ${MAYBE_REFUSED}` : 'tunnel closed'
    throw new DialError('tunnelclosed', message, { cause })
  }
}
