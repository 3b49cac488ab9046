import http2, { type Http2SecureServer, type SecureServerOptions } from 'node:http2'
import net from 'node:net'
import { type ListenAddress, listen } from '../common/listen.ts'
import type { Logger } from '../common/log.ts'
import {
  AGENT_STREAM_WINDOW_BYTES,
  SERVER_LIMITS,
  ServerSessions,
  settingsWithWindow,
} from '../transport/index.ts'
import { AGENT_CONNECT_PATH } from '../wire/index.ts'
import type { AgentSessions } from './agent-sessions.ts'
import { logFailedHandshakes } from './handshake-log.ts'

/** What a TLS listener needs, as PEM, and how strict it is. An empty `ca` asks clients for no certificate. */
export interface ListenerTls {
  readonly cert: Buffer | string
  readonly key: Buffer | string
  readonly ca: Buffer | string | undefined
  readonly minVersion?: SecureServerOptions['minVersion']
  readonly ciphers?: string | undefined
}

export interface AgentListenerOptions {
  readonly address: ListenAddress
  readonly keepaliveMs: number
  readonly keepaliveTimeoutMs: number
}

const HANDSHAKE_TIMEOUT_MS = 20_000

/** Accepts agents: mTLS, HTTP/2, `/AgentService/Connect`. */
export class AgentListener {
  readonly #server: Http2SecureServer
  readonly #sessions: ServerSessions
  readonly #address: ListenAddress

  constructor(
    components: { log: Logger; agentSessions: AgentSessions; tls: ListenerTls },
    options: AgentListenerOptions,
  ) {
    this.#address = options.address
    this.#server = http2.createSecureServer({
      ...SERVER_LIMITS,
      ...secureOptions(components.tls),
      settings: settingsWithWindow(AGENT_STREAM_WINDOW_BYTES),
      ALPNProtocols: ['h2'],
    })
    logFailedHandshakes(components.log, this.#server)
    this.#sessions = new ServerSessions(components.log, {
      path: AGENT_CONNECT_PATH,
      keepaliveMs: options.keepaliveMs,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs,
      onCall: components.agentSessions.handleCall,
    })
    this.#sessions.attach(this.#server)
  }

  async start(): Promise<void> {
    await listen(this.#server, this.#address)
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** New handshakes use the new material; existing sessions stay. */
  replaceTls(tls: ListenerTls): void {
    this.#server.setSecureContext(secureOptions(tls))
  }

  /** The server's own `close` would also send GOAWAY on every session. */
  stopAccepting(): void {
    net.Server.prototype.close.call(this.#server)
  }

  stop(): void {
    this.stopAccepting()
    this.#sessions.destroyAll()
  }
}

export function secureOptions(tls: ListenerTls): SecureServerOptions {
  const asksForCertificate = tls.ca !== undefined
  return {
    cert: tls.cert,
    key: tls.key,
    ...(tls.ca !== undefined ? { ca: tls.ca } : {}),
    requestCert: asksForCertificate,
    rejectUnauthorized: asksForCertificate,
    minVersion: tls.minVersion ?? 'TLSv1.2',
    ...(tls.ciphers ? { ciphers: tls.ciphers } : {}),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  }
}
