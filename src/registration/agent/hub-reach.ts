import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { type Clock, isUnauthorized, type KubeClient } from '../../kube/index.ts'

/** A hub that has refused the agent's credentials for so long does not know them any more. */
const REFUSED_AFTER_MS = 3 * 60_000

/** An agent that is not accepted has no Lease to renew, and asks for its cluster so often. */
const ASK_EVERY_MS = 60_000

/** How often the last sign of life is compared with the clock, where there are several hubs. */
const COMPARE_EVERY_MS = 60_000

export interface HubReachComponents {
  /** With the agent's own credentials. */
  readonly hub: KubeClient
  readonly clock: Clock
  /** Whether the Lease is being renewed, so that nothing else need be asked. */
  isAccepted(): boolean
  /** Why the hub is of no use any more, in a few words. */
  onEnd(reason: string, options: { readonly areCredentialsRefused: boolean }): void
}

export interface HubReachOptions {
  readonly clusterName: string
  /** How long a Lease may go without renewal before another hub is tried. @default for ever */
  readonly connectionTimeoutMs?: number
}

/** Notices that a hub refuses the agent's credentials for good, or is not reached for too long. */
export class HubReach {
  readonly #components: HubReachComponents
  readonly #options: HubReachOptions
  #renewedAt: number
  #refusedSince: number | undefined

  constructor(components: HubReachComponents, options: HubReachOptions) {
    this.#components = components
    this.#options = options
    this.#renewedAt = components.clock.monotonic()
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { connectionTimeoutMs } = this.#options
    await Promise.all([
      this.#watchRefusals(signal),
      connectionTimeoutMs !== undefined && this.#watchTimeout(connectionTimeoutMs, signal),
    ])
  }

  /** To be told of each renewal of the Lease; undefined for one that went well. */
  onRenewal(error: unknown): void {
    if (error === undefined) this.#renewedAt = this.#components.clock.monotonic()
    this.#onAnswer(error)
  }

  /** Shows whether credentials are worth nothing: renewals of the Lease do, as long as the cluster is accepted. */
  async #watchRefusals(signal: AbortSignal): Promise<void> {
    const { clock, hub, isAccepted } = this.#components
    const clusters = hub.resource<ManagedCluster>(MANAGED_CLUSTERS)
    const key = { name: this.#options.clusterName }
    for (;;) {
      await clock.sleep(ASK_EVERY_MS, signal).catch(() => {})
      if (signal.aborted) return
      if (isAccepted()) continue
      await clusters.find(key, { signal }).then(
        () => this.#onAnswer(undefined),
        (error: unknown) => this.#onAnswer(error),
      )
    }
  }

  #onAnswer(error: unknown): void {
    const now = this.#components.clock.monotonic()
    if (!isUnauthorized(error)) {
      this.#refusedSince = undefined
      return
    }
    this.#refusedSince ??= now
    if (now - this.#refusedSince < REFUSED_AFTER_MS) return
    this.#components.onEnd('the hub refuses the client certificate', { areCredentialsRefused: true })
  }

  async #watchTimeout(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { clock, onEnd } = this.#components
    while (!signal.aborted) {
      await clock.sleep(Math.min(COMPARE_EVERY_MS, timeoutMs), signal).catch(() => {})
      if (signal.aborted || clock.monotonic() - this.#renewedAt <= timeoutMs) continue
      onEnd('the hub was not reached for too long', { areCredentialsRefused: false })
      return
    }
  }
}
