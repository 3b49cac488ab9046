import { MANAGED_CLUSTER_LEASE_NAME } from '../../apis/cluster/constants.ts'
import type { Lease } from '../../apis/coordination/v1.ts'
import type { Logger } from '../../common/log.ts'
import { Backoff, type Clock, type KubeClient, LEASES, microTimeText } from '../../kube/index.ts'

/** The hub waits for five times as long; one of them is never exactly that, so that many agents do not come together. */
const JITTER = 0.25
const BACKOFF = { initialMs: 1000, capMs: 30_000 }

export interface ClusterLeaseComponents {
  readonly hub: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Told how each renewal went; undefined: well. */
  onRenewal?(error: unknown): void
}

/**
 * The cluster's sign of life: renews its Lease on the hub as often as it is told to. The Lease is the hub's; what the agent
 * knows of it is what was answered last, so that a renewal is one request.
 */
export class ClusterLease {
  readonly #components: ClusterLeaseComponents
  readonly #clusterName: string
  #running: { readonly durationMs: number; readonly stop: AbortController; ended: Promise<void> } | undefined
  #lease: Lease | undefined

  constructor(components: ClusterLeaseComponents, clusterName: string) {
    this.#components = { ...components, log: components.log.child({ component: 'lease' }) }
    this.#clusterName = clusterName
  }

  /** From now on so often; undefined: not any more. */
  renewEvery(durationMs: number | undefined): void {
    if (this.#running?.durationMs === durationMs) return
    void this.stop()
    if (durationMs === undefined) return
    const stop = new AbortController()
    this.#running = { durationMs, stop, ended: this.#renewUntil(durationMs, stop.signal) }
    this.#components.log.info({ everyMs: durationMs }, 'renewing the Lease of the cluster')
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    running?.stop.abort()
    await running?.ended
  }

  async #renewUntil(durationMs: number, signal: AbortSignal): Promise<void> {
    const { clock, log, random = Math.random, onRenewal } = this.#components
    const backoff = new Backoff(clock, { ...BACKOFF, capMs: Math.min(BACKOFF.capMs, durationMs) })
    while (!signal.aborted) {
      let waitMs = durationMs * (1 + JITTER * random())
      try {
        await this.#renew(signal)
        backoff.reset()
        onRenewal?.(undefined)
      } catch (err) {
        if (signal.aborted) return
        this.#lease = undefined
        waitMs = backoff.next()
        log.warn({ err, againInMs: Math.round(waitMs) }, 'cannot renew the Lease of the cluster')
        onRenewal?.(err)
      }
      await clock.sleep(waitMs, signal).catch(() => {})
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { hub, clock } = this.#components
    const leases = hub.resource<Lease>(LEASES)
    const key = { namespace: this.#clusterName, name: MANAGED_CLUSTER_LEASE_NAME }
    const lease = this.#lease ?? (await leases.get(key, { signal }))
    const spec = { ...lease.spec, renewTime: microTimeText(clock.now()) }
    this.#lease = await leases.update({ ...lease, spec }, { signal })
  }
}
