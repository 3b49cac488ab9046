import http, { type AgentOptions, type ClientRequestArgs } from 'node:http'
import https, { type RequestOptions, type AgentOptions as TlsAgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { joinHostPort } from '../host-port.ts'
import type { Tunnel } from '../tunnel.ts'
import { DialingSocket } from './dialing-socket.ts'
import { followReferences } from './follow-references.ts'

/** An agent for `http.request` and all that takes one: its connections go through the tunnel. Keeps them alive by default. */
export function httpAgent(tunnel: Tunnel, options: AgentOptions = {}): http.Agent {
  return new TunnelHttpAgent(tunnel, options)
}

/**
 * An agent for `https.request` and all that takes one: its connections go through the tunnel, with TLS to the target
 * inside. Keeps them alive by default.
 */
export function httpsAgent(tunnel: Tunnel, options: TlsAgentOptions = {}): https.Agent {
  return new TunnelHttpsAgent(tunnel, options)
}

class TunnelHttpAgent extends http.Agent {
  readonly #tunnel: Tunnel

  constructor(tunnel: Tunnel, options: AgentOptions) {
    super({ keepAlive: true, ...options })
    this.#tunnel = tunnel
  }

  override createConnection(options: ClientRequestArgs): Duplex {
    const socket = dialFor(this.#tunnel, options, 80)
    if (options.timeout) socket.setTimeout(options.timeout)
    return socket
  }

  override keepSocketAlive(socket: Duplex): boolean {
    return isDialled(socket) && keeps(super.keepSocketAlive(socket))
  }
}

class TunnelHttpsAgent extends https.Agent {
  readonly #tunnel: Tunnel
  /** What is under each TLS socket. */
  readonly #dialing = new WeakMap<Duplex, DialingSocket>()

  constructor(tunnel: Tunnel, options: TlsAgentOptions) {
    super({ keepAlive: true, ...options })
    this.#tunnel = tunnel
  }

  /** Node's own, which also resumes TLS sessions, only on our socket. */
  override createConnection(options: RequestOptions): Duplex {
    const socket = dialFor(this.#tunnel, options, 443)
    const secured = super.createConnection({ ...options, socket } as RequestOptions) as TLSSocket
    if (options.timeout) secured.setTimeout(options.timeout)
    this.#dialing.set(secured, socket)
    return followReferences(secured, socket)
  }

  override keepSocketAlive(secured: Duplex): boolean {
    return isDialled(this.#dialing.get(secured)) && keeps(super.keepSocketAlive(secured))
  }
}

/** At once, so that a request can be given up while its dial is not answered. */
function dialFor(tunnel: Tunnel, options: ClientRequestArgs, defaultPort: number): DialingSocket {
  const host = options.host ?? options.hostname ?? 'localhost'
  const address = joinHostPort(host, options.port ?? options.defaultPort ?? defaultPort)
  return new DialingSocket((dialOptions) => tunnel.dial(address, dialOptions))
}

/** A request that was given up before it had its socket leaves one whose dial nobody waits for: it is not to be kept. */
function isDialled(socket: Duplex | undefined): boolean {
  return socket instanceof DialingSocket && !socket.connecting
}

/** What Node's `keepSocketAlive` says, which its types do not know. */
function keeps(answer: unknown): boolean {
  return answer === true
}
