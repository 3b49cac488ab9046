import type { ListenAddress } from '../common/listen.ts'
import type { Logger } from '../common/log.ts'
import type { AgentAuthenticator } from './agent-authenticator.ts'
import { AgentListener, type ListenerTls } from './agent-listener.ts'
import { AgentSessions } from './agent-sessions.ts'
import { BackendRegistry } from './backend-registry.ts'
import { Dialer } from './dialer.ts'
import { type FrontendAddress, FrontendListener } from './frontend-listener.ts'
import type { ProxyServerMetrics } from './metrics.ts'
import type { FrontendMode, ProxyStrategyName } from './options.ts'

/** gRPC's own: how long a peer may take to answer a keepalive ping, in ms. */
const KEEPALIVE_TIMEOUT_MS = 20_000

/** How long frontends may take to hear that their connections are broken off, in ms. */
const FAREWELL_MS = 1_000

export interface ProxyServerOptions {
  readonly serverId: string
  readonly serverCount: number
  readonly strategies: readonly ProxyStrategyName[]
  readonly frontendModes: readonly FrontendMode[]
  readonly frontendAddress: FrontendAddress
  readonly agentAddress: ListenAddress
  readonly deleteExistingSocket: boolean
  readonly keepaliveMs: number
  readonly frontendKeepaliveMs: number
  readonly dialTimeoutMs: number
  readonly halfOpenTimeoutMs: number
  readonly windowBytes: number
  /** How long live connections may go on after `stop`, in ms; 0 ends them at once. */
  readonly gracefulShutdownMs: number
}

export interface ProxyServerComponents {
  readonly log: Logger
  readonly metrics: ProxyServerMetrics
  readonly agentTls: ListenerTls
  /** Undefined on a unix socket. */
  readonly frontendTls: ListenerTls | undefined
  readonly authenticator?: AgentAuthenticator | undefined
}

/** The hub side of the tunnel: agents connect on one listener, frontends on the other, and dials join them. */
export class ProxyServer {
  readonly #log: Logger
  readonly #options: ProxyServerOptions
  readonly #registry: BackendRegistry
  readonly #dialer: Dialer
  readonly #agents: AgentListener
  readonly #frontends: FrontendListener
  #stopping: Promise<void> | undefined

  constructor(components: ProxyServerComponents, options: ProxyServerOptions) {
    const { log, metrics } = components
    const { windowBytes, halfOpenTimeoutMs, dialTimeoutMs } = options
    this.#log = log
    this.#options = options
    this.#registry = new BackendRegistry({ metrics }, options.strategies)
    this.#dialer = new Dialer(
      { log: log.child({ component: 'dialer' }), metrics, registry: this.#registry },
      { windowBytes, halfOpenTimeoutMs, dialTimeoutMs },
    )
    const agentLog = log.child({ component: 'agents' })
    this.#agents = new AgentListener(
      {
        log: agentLog,
        tls: components.agentTls,
        agentSessions: new AgentSessions(
          { log: agentLog, metrics, registry: this.#registry, authenticator: components.authenticator },
          { serverId: options.serverId, serverCount: options.serverCount, windowBytes },
        ),
      },
      {
        address: options.agentAddress,
        keepaliveMs: options.keepaliveMs,
        keepaliveTimeoutMs: KEEPALIVE_TIMEOUT_MS,
      },
    )
    this.#frontends = new FrontendListener(
      {
        log: log.child({ component: 'frontends' }),
        metrics,
        dialer: this.#dialer,
        tls: components.frontendTls,
      },
      {
        address: options.frontendAddress,
        modes: options.frontendModes,
        keepaliveMs: options.frontendKeepaliveMs,
        keepaliveTimeoutMs: KEEPALIVE_TIMEOUT_MS,
        deleteExistingSocket: options.deleteExistingSocket,
      },
    )
  }

  /** Resolves once both listeners accept. */
  async start(): Promise<void> {
    await this.#agents.start()
    try {
      await this.#frontends.start()
    } catch (error) {
      this.#agents.stop()
      throw error
    }
  }

  get agentPort(): number {
    return this.#agents.port
  }

  get frontendPort(): number {
    return this.#frontends.port
  }

  /** True while at least one agent is connected and the server does not stop. */
  get ready(): boolean {
    return this.#stopping === undefined && this.#registry.size > 0
  }

  /** Connections, and dials under way. */
  get busy(): number {
    return this.#dialer.busy
  }

  /** What waits for agents and frontends that take it more slowly than it comes, in bytes. */
  get queuedBytes(): { readonly toAgent: number; readonly toFrontend: number } {
    return this.#dialer.queuedBytes
  }

  replaceAgentTls(tls: ListenerTls): void {
    this.#agents.replaceTls(tls)
  }

  replaceFrontendTls(tls: ListenerTls): void {
    this.#frontends.replaceTls(tls)
  }

  /**
   * Takes nothing new, lets what is connected go on until the deadline or `signal`, then breaks off the rest. The agents'
   * streams stay up until then and get no GOAWAY, at which a Go agent would drop all its connections.
   */
  stop(signal?: AbortSignal): Promise<void> {
    this.#stopping ??= this.#stop(signal)
    return this.#stopping
  }

  async #stop(signal?: AbortSignal): Promise<void> {
    const { gracefulShutdownMs } = this.#options
    this.#frontends.stopAccepting()
    this.#agents.stopAccepting()
    this.#dialer.close()
    if (gracefulShutdownMs > 0 && this.#dialer.busy > 0) {
      this.#log.info({ connections: this.#dialer.busy, gracefulShutdownMs }, 'waiting for connections to end')
      await firstOf(this.#dialer.idle(), gracefulShutdownMs, signal)
    }
    const brokenOff = this.#dialer.breakOffAll()
    if (brokenOff > 0) this.#log.warn({ connections: brokenOff }, 'connections broken off by the shutdown')
    for (const backend of this.#registry) backend.finish()
    await firstOf(this.#frontends.allGone(), FAREWELL_MS)
    this.#frontends.stop()
    this.#agents.stop()
  }
}

/** Waits for `work`, but no longer than `ms` or `signal`. */
async function firstOf(work: Promise<void>, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const onAbort = () => resolve()
  const timer = setTimeout(resolve, ms)
  signal?.addEventListener('abort', onAbort)
  await Promise.race([work, promise])
  clearTimeout(timer)
  signal?.removeEventListener('abort', onAbort)
}
