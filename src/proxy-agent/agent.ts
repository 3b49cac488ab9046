import type { Logger } from '../common/log.ts'
import type { ClientTls } from '../transport/index.ts'
import { Activity } from './activity.ts'
import { ConnectIds } from './connect-ids.ts'
import { type DestinationRules, EndpointDialer } from './endpoint-dialer.ts'
import type { LeaseCounter } from './lease-counter.ts'
import type { ProxyAgentMetrics } from './metrics.ts'
import { ReadBuffers } from './read-buffers.ts'
import { Resolver, type ResolverComponents } from './resolver.ts'
import { ServerAddresses, type ServerEndpoint } from './server-addresses.ts'
import { ServerConnector, type ServerConnectorOptions } from './server-connector.ts'
import { ServerCount, type ServerCountSource } from './server-count.ts'
import { ServerSet, type ServerSetOptions } from './server-set.ts'
import { sleep } from './sleep.ts'

/** A draining agent is done when there was nothing to do for so long: a dial may be on its way. */
const DRAIN_QUIET_MS = 1_000

/** How long dials are refused before the streams end, so that the server can ask another agent. */
const REFUSING_MS = 250

/** How long servers have to end their side of the streams. */
const CLOSING_MS = 1_000

export interface ProxyAgentComponents extends ResolverComponents {
  readonly log: Logger
  readonly metrics: ProxyAgentMetrics
  /** Credentials toward the servers, called for each connection. */
  readonly tls: () => ClientTls | Promise<ClientTls>
  /** The token for the servers, called for each connection. */
  readonly token?: (() => Promise<string>) | undefined
  readonly destinations: DestinationRules
  readonly leases?: LeaseCounter | undefined
  /** For HTTPS_PROXY and NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface ProxyAgentOptions
  extends ServerConnectorOptions,
    Omit<ServerSetOptions, 'stream'>,
    Omit<ServerSetOptions['stream'], 'windowBytes'> {
  readonly servers: readonly ServerEndpoint[]
  readonly serverCountSource: ServerCountSource
  readonly allowedProtocols: readonly string[]
  readonly hostAliases: Readonly<Record<string, readonly string[]>>
  /** How long `stop` lets connections come to their end, in milliseconds. */
  readonly drainTimeoutMs: number
  /** @default 5 s */
  readonly dialTimeoutMs?: number
  /** @default DRAIN_QUIET_MS */
  readonly drainQuietMs?: number
}

/** A proxy agent: keeps streams to all proxy servers, and connects to targets for them. */
export class ProxyAgent {
  readonly #log: Logger
  readonly #drainTimeoutMs: number
  readonly #drainQuietMs: number
  readonly #activity = new Activity()
  readonly #servers: ServerSet
  #stopped: Promise<void> | undefined

  constructor(components: ProxyAgentComponents, options: ProxyAgentOptions) {
    const { metrics, env, destinations, leases } = components
    const log = components.log.child({ agentId: options.agentId })
    const resolver = new Resolver(components, options)
    const buffers = new ReadBuffers()
    const dialer = new EndpointDialer(
      { resolver, destinations, buffers },
      {
        allowedProtocols: options.allowedProtocols,
        ...(options.dialTimeoutMs ? { timeoutMs: options.dialTimeoutMs } : {}),
      },
    )
    this.#log = log.child({ component: 'agent' })
    this.#drainTimeoutMs = options.drainTimeoutMs
    this.#drainQuietMs = options.drainQuietMs ?? DRAIN_QUIET_MS
    this.#servers = new ServerSet(
      {
        connector: new ServerConnector({ ...components, log }, options),
        addresses: new ServerAddresses({ log, resolver, env }, options.servers),
        serverCount: new ServerCount({ leases }, options.serverCountSource),
        streams: { dialer, buffers, connectIds: new ConnectIds(), activity: this.#activity, metrics, log },
        metrics,
        log,
      },
      { ...options, stream: options },
    )
  }

  /** Ready means that a proxy server can send dials. */
  isReady(): boolean {
    return this.#servers.connectedCount > 0
  }

  /** Bytes that wait in this process, by where they go. */
  get queuedBytes(): { readonly toTarget: number; readonly toServer: number } {
    return this.#servers.queuedBytes
  }

  start(): void {
    this.#servers.start()
  }

  /**
   * Drains: asks the servers for no more dials and waits until no connection is left, at most until the drain timeout or until
   * `signal` is aborted. Then breaks off what is left and ends the streams.
   */
  stop(signal: AbortSignal = new AbortController().signal): Promise<void> {
    this.#stopped ??= this.#stop(signal)
    return this.#stopped
  }

  async #stop(signal: AbortSignal): Promise<void> {
    this.#servers.drain()
    await this.#rest(signal)
    const left = this.#servers.stopServing()
    if (left > 0) this.#log.warn({ connections: left }, 'connections broken off')
    if (this.isReady()) await sleep(REFUSING_MS, signal).catch(() => {})
    await this.#servers.close(AbortSignal.any([signal, AbortSignal.timeout(CLOSING_MS)]))
    this.#log.info('agent stopped')
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.#drainTimeoutMs)])
    this.#log.info({ inHand: this.#activity.count }, 'draining')
    try {
      await this.#activity.rest(this.isReady() ? this.#drainQuietMs : 0, deadline)
    } catch (error) {
      if (!deadline.aborted) throw error
    }
  }
}
