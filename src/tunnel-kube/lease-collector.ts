import type { Logger } from '../common/log.ts'
import type { Clock } from '../kube/index.ts'
import type { ProxyServerMetrics } from '../proxy-server/index.ts'
import { ApiStatusError, isConflict, isNotFound } from './kube-errors.ts'
import { type Lease, type Leases, leaseExpiry } from './leases.ts'
import { RepeatingTask } from './repeating-task.ts'

const COLLECT_INTERVAL_MS = 15_000

export type LeaseCollectorMetrics = Pick<
  ProxyServerMetrics,
  'culledLeases' | 'leaseDeleteLatency' | 'leaseDeletes' | 'leaseListLatency' | 'leaseLists'
>

export interface LeaseCollectorComponents {
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: LeaseCollectorMetrics
}

export interface LeaseCollectorOptions {
  /** Which Leases are those of proxy servers. */
  readonly labelSelector: string
}

/** Deletes expired Leases of proxy servers that could not do so themselves. All servers do this, for all. */
export class LeaseCollector {
  readonly #components: LeaseCollectorComponents
  readonly #log: Logger
  readonly #options: LeaseCollectorOptions
  readonly #rounds: RepeatingTask

  constructor(components: LeaseCollectorComponents, options: LeaseCollectorOptions) {
    this.#components = components
    this.#log = components.log.child({ component: 'lease-collector' })
    this.#options = options
    this.#rounds = new RepeatingTask(
      { clock: components.clock, log: this.#log },
      {
        run: (signal) => this.#collect(signal),
        pauseMs: () => COLLECT_INTERVAL_MS,
        failureMessage: 'could not look for expired leases, trying again',
      },
    )
  }

  start(): void {
    this.#rounds.start()
  }

  async stop(): Promise<void> {
    await this.#rounds.stop()
  }

  async #collect(signal: AbortSignal): Promise<void> {
    const leases = await this.#list(signal)
    const now = this.#components.clock.now()
    for (const lease of leases) {
      if (leaseExpiry(lease) <= now) await this.#cull(lease, signal)
    }
  }

  async #list(signal: AbortSignal): Promise<readonly Lease[]> {
    const { leases, metrics } = this.#components
    const observe = observer(metrics.leaseLists, metrics.leaseListLatency)
    try {
      const { items } = await leases.list(this.#options.labelSelector, signal)
      observe()
      return items
    } catch (error) {
      observe(error)
      throw error
    }
  }

  /** Deletes a Lease unless it has been renewed meanwhile. */
  async #cull(lease: Lease, signal: AbortSignal): Promise<void> {
    const { leases, metrics } = this.#components
    const { name } = lease.metadata
    const observe = observer(metrics.leaseDeletes, metrics.leaseDeleteLatency)
    try {
      await leases.deleteUnchanged(lease, signal)
      observe()
      metrics.culledLeases.inc()
      this.#log.info({ lease: name }, 'expired lease deleted')
    } catch (err) {
      observe(err)
      if (!(err instanceof ApiStatusError)) throw err // the API is not there: the others can wait, too
      if (isNotFound(err) || isConflict(err))
        this.#log.debug({ err, lease: name }, 'expired lease gone or renewed')
      else this.#log.warn({ err, lease: name }, 'could not delete an expired lease')
    }
  }
}

/** Measures from now on. Only what the API answered is counted, since the labels are those of an answer. */
function observer(
  attempts: LeaseCollectorMetrics['leaseLists'],
  latency: LeaseCollectorMetrics['leaseListLatency'],
): (error?: unknown) => void {
  const startedAt = performance.now()
  return (error) => {
    if (error !== undefined && !(error instanceof ApiStatusError)) return
    const http_status_code = String(error?.status ?? 200)
    attempts.inc({ http_status_code, reason: error?.reason ?? '' })
    latency.observe({ http_status_code }, (performance.now() - startedAt) / 1000)
  }
}
