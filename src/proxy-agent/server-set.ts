import { errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { AgentStreamComponents, AgentStreamOptions } from './agent-stream.ts'
import type { ProxyAgentMetrics } from './metrics.ts'
import { LASTED_MS, RedialBackoff } from './redial-backoff.ts'
import type { ServerAddress, ServerAddresses } from './server-addresses.ts'
import type { ServerConnection, ServerConnector } from './server-connector.ts'
import type { ServerCount } from './server-count.ts'
import { type LinkOutcome, type LinkPolicy, ServerLink } from './server-link.ts'
import { sleep } from './sleep.ts'
import { Wait } from './wait.ts'

/** How often the servers' names are resolved again. */
const REFRESH_MS = 5_000

/** Connected to as many servers as there are known to be, the agent still looks whether there are more, but not often. */
const PROBE_MS = 30_000

/** The longest pause between visits just in case: each of them costs both sides a handshake. */
const VISIT_CAP_MS = 300_000
const VISIT_FACTOR = 2

/** Whether there is something to look for: nowhere to look, servers that are missing, or just in case. */
type Need = 'nothing' | 'missing' | 'probe'

export interface ServerSetComponents {
  readonly connector: Pick<ServerConnector, 'connect'>
  readonly addresses: Pick<ServerAddresses, 'refresh'>
  readonly serverCount: ServerCount
  readonly streams: AgentStreamComponents
  readonly metrics: ProxyAgentMetrics
  readonly log: Logger
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface ServerSetOptions {
  /** The first wait after a failure, in milliseconds, and how often to look for more servers with `syncForever`. */
  readonly syncIntervalMs: number
  /** The longest wait after failures, and between visits while servers are missing, in milliseconds. */
  readonly syncIntervalCapMs: number
  readonly syncForever: boolean
  readonly stream: Omit<AgentStreamOptions, 'extensions'>
  /** @default REFRESH_MS */
  readonly refreshMs?: number
  /** The first probe comes between so much and twice that after the last change. @default PROBE_MS */
  readonly probeMs?: number
  /** The longest pause between visits while no server is known to be missing, in milliseconds. @default VISIT_CAP_MS */
  readonly visitCapMs?: number
}

/**
 * Keeps one stream to each proxy server.
 *
 * Every address has a link that connects again whenever it is not connected. Behind one address there may be several servers
 * (a load balancer); as long as fewer are connected than there are known to be, a scout dials the addresses that work in
 * turns, and stays when it meets a new server. A server that is met twice is left again at once. Visits that find nothing new
 * come ever more seldom, until something changes: the known count, the connected servers, or the addresses. As long as servers
 * are missing, though, no pause is longer than the sync interval's cap.
 *
 * Invariant: no two links have the same server; an address has either connected links only, or a single link that is not.
 * Owns the links.
 */
export class ServerSet implements LinkPolicy {
  readonly #components: ServerSetComponents
  readonly #options: ServerSetOptions
  readonly #log: Logger
  readonly #random: () => number
  readonly #links = new Set<ServerLink>()
  readonly #byServer = new Map<string, ServerLink>()
  /** Links whose server was a duplicate, and what each link last failed with. */
  readonly #duplicates = new Set<ServerLink>()
  readonly #complaints = new WeakMap<ServerLink, string>()
  /** How long each visitor (a link, or the set for its scouts) waits after a visit that found nothing new. */
  #visits = new WeakMap<ServerLink | this, RedialBackoff>()
  readonly #seeking = new AbortController()
  readonly #scoutBackoff: RedialBackoff
  readonly #scoutWait: Wait
  #addresses: readonly ServerAddress[] = []
  #need: Need = 'nothing'
  #knownCount = 0
  #turn = 0
  #scoutFailed = false

  constructor(components: ServerSetComponents, options: ServerSetOptions) {
    this.#components = components
    this.#options = options
    this.#log = components.log.child({ component: 'server-set' })
    this.#random = components.random ?? Math.random
    this.#scoutBackoff = this.#newBackoff()
    this.#scoutWait = new Wait(() => this.#scoutPause())
    this.#observe()
  }

  /** How many servers there is a stream to. */
  get connectedCount(): number {
    return this.#byServer.size
  }

  get queuedBytes(): { readonly toTarget: number; readonly toServer: number } {
    const sum = { toTarget: 0, toServer: 0 }
    for (const { queuedBytes } of this.#links) {
      sum.toTarget += queuedBytes.toTarget
      sum.toServer += queuedBytes.toServer
    }
    return sum
  }

  start(): void {
    const { signal } = this.#seeking
    void this.#untilAborted(() => this.#refreshForever(signal))
    void this.#untilAborted(() => this.#scoutForever(signal))
  }

  /** Seeks no more servers, and asks the connected ones to give new dials to other agents. */
  drain(): void {
    this.#seeking.abort(new Error('the agent is draining'))
    for (const link of [...this.#links]) link.drain()
  }

  /** Refuses new dials and breaks off what is left. Returns how many connections that were. */
  stopServing(): number {
    let left = 0
    for (const link of this.#links) left += link.stopServing()
    return left
  }

  /** Ends all streams in order, and at once when `signal` is aborted. */
  async close(signal: AbortSignal): Promise<void> {
    this.#seeking.abort(new Error('the agent is stopping'))
    const closeAll = () => {
      for (const link of this.#links) link.close()
    }
    for (const link of this.#links) link.end()
    if (signal.aborted) closeAll()
    else signal.addEventListener('abort', closeAll, { once: true })
    await Promise.all(Array.from(this.#links, (link) => link.done))
    signal.removeEventListener('abort', closeAll)
  }

  admit(link: ServerLink, { serverId, serverCount, extensions }: ServerConnection): boolean {
    this.#components.serverCount.learn(serverId, serverCount)
    const admitted = !this.#byServer.has(serverId)
    if (admitted) {
      this.#byServer.set(serverId, link)
      const { key } = link.address
      this.#log.info(
        { serverId, serverCount, address: key, extensions: extensions.version },
        'connected to proxy server',
      )
    }
    this.#observe()
    return admitted
  }

  settle(link: ServerLink, outcome: LinkOutcome): void {
    if (outcome.kind === 'ended') {
      this.#byServer.delete(outcome.serverId)
      this.#components.serverCount.forget(outcome.serverId)
      if (outcome.lastedMs >= LASTED_MS) link.backoff.reset()
      this.#visitAnew()
    }
    if (outcome.kind === 'duplicate') {
      this.#duplicates.add(link)
      link.backoff.reset()
    } else {
      this.#duplicates.delete(link)
    }
    this.#logOutcome(link, outcome)
    this.#observe()
  }

  keeps(link: ServerLink): boolean {
    const isWanted = this.#addresses.some(({ key }) => key === link.address.key)
    const others = this.#linksAt(link.address).filter((other) => other !== link)
    return isWanted && others.length === 0
  }

  pauseAfter(link: ServerLink, outcome: LinkOutcome): number {
    return outcome.kind === 'duplicate' ? this.#visitPause(link) : link.backoff.next()
  }

  async #refreshForever(signal: AbortSignal): Promise<void> {
    for (;;) {
      const before = keysOf(this.#addresses)
      this.#addresses = await this.#components.addresses.refresh()
      signal.throwIfAborted()
      this.#reconcile()
      if (keysOf(this.#addresses) !== before) this.#visitAnew()
      const { refreshMs = REFRESH_MS, syncIntervalMs } = this.#options
      await sleep(this.#addresses.length > 0 ? refreshMs : syncIntervalMs, signal)
    }
  }

  /** A link for each address, and none that still tries an address which is gone. */
  #reconcile(): void {
    for (const address of this.#addresses) {
      if (this.#linksAt(address).length === 0) this.#addLink(address)
    }
    for (const link of this.#links) {
      const isWanted = this.#addresses.some(({ key }) => key === link.address.key)
      if (!isWanted && !link.connected) link.close()
    }
    this.#observe()
  }

  async #scoutForever(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#scoutWait.run(signal)
      const address = this.#nextScoutAddress()
      if (!address) continue
      const scout = this.#addLink(address)
      await scout.firstAttempt
      this.#scoutFailed = scout.lastOutcome?.kind === 'failed'
      if (!this.#scoutFailed) this.#scoutBackoff.reset()
      if (scout.connected) this.#visitAnew()
    }
  }

  /** Of the addresses behind which servers are connected, one after the other. */
  #nextScoutAddress(): ServerAddress | undefined {
    const working = this.#workingAddresses()
    this.#turn++
    return working[this.#turn % Math.max(working.length, 1)]
  }

  #workingAddresses(): ServerAddress[] {
    return this.#addresses.filter((address) => this.#linksAt(address).some(({ connected }) => connected))
  }

  #scoutPause(): number {
    return this.#need === 'missing' && this.#scoutFailed ? this.#scoutBackoff.next() : this.#visitPause(this)
  }

  #visitPause(visitor: ServerLink | this): number {
    const { syncForever, syncIntervalMs } = this.#options
    if (syncForever) return syncIntervalMs * (1 + this.#random() / 10)
    const backoff = this.#visits.get(visitor) ?? this.#newVisitBackoff()
    this.#visits.set(visitor, backoff)
    return backoff.next()
  }

  /** Something has changed: all visitors start over with the shortest pause. */
  #visitAnew(): void {
    this.#visits = new WeakMap()
    this.#scoutFailed = false
    this.#scoutBackoff.reset()
    this.#scoutWait.restart()
    for (const link of this.#duplicates) link.reconsiderPause()
  }

  #addLink(address: ServerAddress): ServerLink {
    const link = new ServerLink(
      {
        connector: this.#components.connector,
        policy: this,
        backoff: this.#newBackoff(),
        streams: this.#components.streams,
        log: this.#log,
      },
      { address, stream: this.#options.stream },
    )
    this.#links.add(link)
    link.start()
    void link.done.then(() => {
      this.#links.delete(link)
      this.#duplicates.delete(link)
    })
    return link
  }

  #linksAt(address: ServerAddress): ServerLink[] {
    return [...this.#links].filter((link) => link.address.key === address.key && link.state !== 'closed')
  }

  /** To be called after each change: publishes the counts, and tells those who wait when it is now a different wait. */
  #observe(): void {
    const { metrics, serverCount } = this.#components
    const known = serverCount.current
    metrics.openServerConnections.set(this.#byServer.size)
    metrics.knownServerCount.set(known)
    const need = this.#byServer.size === 0 ? 'nothing' : this.#byServer.size < known ? 'missing' : 'probe'
    if (need === this.#need && known === this.#knownCount) return
    this.#need = need
    this.#knownCount = known
    this.#visitAnew()
  }

  #logOutcome(link: ServerLink, outcome: LinkOutcome): void {
    const fields = { address: link.address.key }
    if (outcome.kind === 'duplicate') {
      this.#log.debug(
        { ...fields, serverId: outcome.serverId },
        'met a proxy server that is connected already',
      )
    } else if (outcome.kind === 'ended') {
      const { serverId, error: err } = outcome
      this.#complaints.delete(link)
      this.#log.info({ ...fields, serverId, ...(err ? { err } : {}) }, 'connection to proxy server ended')
    } else {
      const text = errorMessage(outcome.error)
      const level = this.#complaints.get(link) === text ? 'debug' : 'warn'
      this.#complaints.set(link, text)
      this.#log[level]({ ...fields, err: outcome.error }, 'cannot connect to proxy server')
    }
  }

  #newBackoff(): RedialBackoff {
    const { syncIntervalMs: initialMs, syncIntervalCapMs: capMs } = this.#options
    return new RedialBackoff({ initialMs, capMs, random: this.#random })
  }

  #newVisitBackoff(): RedialBackoff {
    const { syncIntervalMs, syncIntervalCapMs, probeMs = PROBE_MS, visitCapMs = VISIT_CAP_MS } = this.#options
    const random = this.#random
    if (this.#need === 'missing') {
      // Behind a load balancer that chooses at random, it takes as many visits as there are servers to meet the last one.
      const factor = VISIT_FACTOR ** (1 / this.#knownCount)
      return new RedialBackoff({ initialMs: syncIntervalMs, capMs: syncIntervalCapMs, factor, random })
    }
    const capMs = Math.max(visitCapMs, syncIntervalCapMs)
    return new RedialBackoff({ initialMs: 2 * probeMs, capMs, factor: VISIT_FACTOR, random })
  }

  async #untilAborted(loop: () => Promise<void>): Promise<void> {
    try {
      await loop()
    } catch (error) {
      if (!this.#seeking.signal.aborted) throw error
    }
  }
}

function keysOf(addresses: readonly ServerAddress[]): string {
  return addresses
    .map(({ key }) => key)
    .sort()
    .join()
}
