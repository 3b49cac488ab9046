import type { Logger } from '../common/log.ts'
import type { CredentialsSource } from './credentials.ts'
import type { ClientMetrics } from './metrics.ts'
import type { ServerAddresses } from './server-address.ts'
import type { TunnelSocket } from './tunnel-socket.ts'

export interface DialOptions {
  /** Gives the dial up. It then rejects with a DialError of reason `context` whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** How long the whole dial may take, connecting to the proxy server included, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number | undefined
  /** As for net.Socket: false ends the socket by itself once the peer has ended. @default false */
  readonly allowHalfOpen?: boolean | undefined
}

/** A way to TCP endpoints that only the agents behind a proxy server can reach. */
export interface Tunnel extends AsyncDisposable {
  /**
   * Connects to an endpoint on the far side.
   *
   * @param protocol `tcp`; there is no other
   * @param address `host:port` or `[v6]:port`, resolved and dialled by the agent
   * @throws DialError whose `reason` tells what went wrong
   */
  dialContext(protocol: string, address: string, options?: DialOptions): Promise<TunnelSocket>
  /** `dialContext` with `tcp`. */
  dial(address: string, options?: DialOptions): Promise<TunnelSocket>
  /**
   * Ends the tunnel and resolves once nothing of it is left: waiting dials are rejected, open sockets destroyed. As with
   * a socket's own `destroy()` they emit `close` and no error, for it is the caller's own doing; writes and iterations
   * under way on them fail, and the target sees a reset where the peers can tell. May be called again.
   */
  close(): Promise<void>
  /** True from the first `close` on. */
  readonly closed: boolean
  /** Resolves once the tunnel has been closed and nothing of it is left. A lost connection does not close a tunnel. */
  readonly done: Promise<void>
}

/** Pings, by which a server that vanished is told from a silent one. */
export interface TunnelKeepalive {
  /** How often to ask while a socket is open, in milliseconds. */
  readonly intervalMs: number
  /** How long the answer may take before all of the connection's sockets are reset, in milliseconds. @default 10_000 */
  readonly timeoutMs?: number | undefined
}

export interface TunnelOptions extends ServerAddresses {
  /** Not used on a unix socket, which is not encrypted. @default Node's own CAs and no client certificate */
  readonly credentials?: CredentialsSource | undefined
  /** How long connecting to one address may take, TLS included, in milliseconds. @default 10_000 */
  readonly connectTimeoutMs?: number | undefined
  /**
   * Pings while sockets are open. A Go server may object to more than one in five minutes. False means none.
   * @default every 5 s toward a server that announces the extensions of docs/protocol.md, none otherwise
   */
  readonly keepalive?: TunnelKeepalive | false | undefined
  /** Anything with pino's methods. @default says nothing */
  readonly log?: Logger | undefined
  /** What `registerMetrics` returned. @default counts nothing */
  readonly metrics?: ClientMetrics | undefined
}
