import http, { type AgentOptions, type ClientRequestArgs } from 'node:http'
import https, { type RequestOptions, type AgentOptions as TlsAgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { joinHostPort } from '../host-port.ts'
import type { Tunnel } from '../tunnel.ts'
import type { TunnelSocket } from '../tunnel-socket.ts'
import { followReferences } from './follow-references.ts'

type ConnectionCallback = (error: Error | null, stream?: Duplex) => void

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

  override createConnection(options: ClientRequestArgs, callback: ConnectionCallback): undefined {
    dialFor(this.#tunnel, options, 80).then((socket) => callback(null, socket), callback)
  }
}

class TunnelHttpsAgent extends https.Agent {
  readonly #tunnel: Tunnel

  constructor(tunnel: Tunnel, options: TlsAgentOptions) {
    super({ keepAlive: true, ...options })
    this.#tunnel = tunnel
  }

  /** Node's own, which also resumes TLS sessions, only on our socket. */
  override createConnection(options: RequestOptions, callback: ConnectionCallback): undefined {
    dialFor(this.#tunnel, options, 443).then((socket) => {
      const secured = super.createConnection({ ...options, socket } as RequestOptions) as TLSSocket
      callback(null, followReferences(secured, socket))
    }, callback)
  }
}

function dialFor(tunnel: Tunnel, options: ClientRequestArgs, defaultPort: number): Promise<TunnelSocket> {
  const host = options.host ?? options.hostname ?? 'localhost'
  return tunnel.dial(joinHostPort(host, options.port ?? options.defaultPort ?? defaultPort))
}
