import type { Logger } from '../common/log.ts'
import type { Clock } from '../kube/index.ts'
import type { LeaseCounter, ProxyAgentMetrics } from '../proxy-agent/index.ts'
import { ApiStatusError, isGone } from './kube-errors.ts'
import { type LeaseEvent, type LeaseList, type Leases, leaseExpiry } from './leases.ts'
import { RepeatingTask } from './repeating-task.ts'

/** Shorter than a Lease lasts: where watching is impossible, listing alone still gives the right count. */
const LONGEST_RETRY_MS = 10_000
const FIRST_RETRY_MS = 1_000

/** client-go's: a watch lasts between this and twice this. */
const SHORTEST_WATCH_SECONDS = 300

export type LeaseCounterMetrics = Pick<ProxyAgentMetrics, 'leaseLists' | 'leaseListLatency' | 'leaseWatches'>

export interface ServerLeaseCounterComponents {
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: LeaseCounterMetrics
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface ServerLeaseCounterOptions {
  /** Which Leases are those of proxy servers. */
  readonly labelSelector: string
}

/**
 * Knows from their Leases how many proxy servers there are: it lists them, and then watches how they come, are renewed and go.
 * While they cannot be listed, the count is what it was when the API was last heard of; at first 1.
 */
export class ServerLeaseCounter implements LeaseCounter {
  readonly #components: ServerLeaseCounterComponents
  readonly #log: Logger
  readonly #random: () => number
  readonly #options: ServerLeaseCounterOptions
  readonly #follow: RepeatingTask
  /** When each Lease expires, by name. */
  #expiries = new Map<string, number>()
  /** False from a failed list to the next good one. */
  #isInTouch = false
  /** Valid Leases when the API was last heard of. */
  #lastHeard: number | undefined

  constructor(components: ServerLeaseCounterComponents, options: ServerLeaseCounterOptions) {
    this.#components = components
    this.#log = components.log.child({ component: 'lease-counter' })
    this.#random = components.random ?? Math.random
    this.#options = options
    this.#follow = new RepeatingTask(
      { clock: components.clock, log: this.#log },
      {
        run: (signal) => this.#listAndWatch(signal),
        pauseMs: (failures) => this.#pauseMs(failures),
        failureMessage: 'could not follow the leases of the proxy servers, trying again',
      },
    )
  }

  /** Does not wait for the first count. */
  start(): void {
    this.#follow.start()
  }

  async stop(): Promise<void> {
    await this.#follow.stop()
  }

  count(): number {
    const valid = this.#isInTouch ? this.#countValid() : this.#lastHeard
    return Math.max(valid ?? 1, 1)
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    const { items, resourceVersion } = await this.#list(signal)
    this.#expiries = new Map(items.map((lease) => [lease.metadata.name, leaseExpiry(lease)]))
    this.#isInTouch = true
    this.#noteCount()
    try {
      for await (const event of await this.#watch(resourceVersion, signal)) {
        this.#apply(event)
        this.#noteCount()
      }
    } catch (error) {
      if (!isGone(error)) throw error // we have fallen behind: nothing is wrong, list anew
    }
  }

  async #list(signal: AbortSignal): Promise<LeaseList> {
    const { leases, metrics } = this.#components
    const startedAt = performance.now()
    const observe = (http_response_code: number, reason: string) => {
      metrics.leaseLists.inc({ http_response_code, reason })
      metrics.leaseListLatency.observe({ http_response_code }, (performance.now() - startedAt) / 1000)
    }
    try {
      const list = await leases.list(this.#options.labelSelector, signal)
      observe(200, '')
      return list
    } catch (error) {
      this.#isInTouch = false
      if (error instanceof ApiStatusError) observe(error.status, error.reason)
      throw error
    }
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<AsyncIterable<LeaseEvent>> {
    const { leases, metrics } = this.#components
    const { labelSelector } = this.#options
    const timeoutSeconds = Math.floor(SHORTEST_WATCH_SECONDS * (1 + this.#random()))
    try {
      const events = await leases.watch({ labelSelector, resourceVersion, timeoutSeconds }, signal)
      metrics.leaseWatches.inc({ http_response_code: 200, reason: '' })
      return events
    } catch (error) {
      if (error instanceof ApiStatusError) {
        metrics.leaseWatches.inc({ http_response_code: error.status, reason: error.reason })
      }
      throw error
    }
  }

  #apply({ type, lease }: LeaseEvent): void {
    const { name } = lease.metadata
    if (type === 'DELETED') this.#expiries.delete(name)
    else this.#expiries.set(name, leaseExpiry(lease))
  }

  #noteCount(): void {
    const valid = this.#countValid()
    if (valid === this.#lastHeard) return
    this.#lastHeard = valid
    if (valid === 0) this.#log.warn('no valid leases found, assuming one proxy server')
    else this.#log.info({ servers: valid }, 'proxy servers counted by their leases')
  }

  #countValid(): number {
    const now = this.#components.clock.now()
    return [...this.#expiries.values()].filter((expiresAt) => expiresAt > now).length
  }

  /** Between half of that and all of it, since many agents lose the API at the same moment. */
  #pauseMs(failures: number): number {
    const longest = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS)
    return longest * (0.5 + this.#random() / 2)
  }
}
