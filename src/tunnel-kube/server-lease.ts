import type { Logger } from '../common/log.ts'
import type { Clock } from '../kube/index.ts'
import { isConflict, isNotFound } from './kube-errors.ts'
import { type Lease, type Leases, microTime } from './leases.ts'
import { RepeatingTask } from './repeating-task.ts'

const LEASE_DURATION_SECONDS = 30
const RENEW_INTERVAL_MS = 15_000

const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 7_000

export interface ServerLeaseComponents {
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Logger
}

export interface ServerLeaseOptions {
  readonly serverId: string
  /** By which agents find the Lease. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Shows agents that this server is there, by a Lease that it keeps renewing. A Lease of that name which already exists, from
 * before a restart, is taken over.
 */
export class ServerLease {
  readonly #leases: Leases
  readonly #clock: Clock
  readonly #log: Logger
  readonly #name: string
  readonly #options: ServerLeaseOptions
  readonly #renewals: RepeatingTask
  /** As the API answered last; to be renewed without asking for it first. */
  #latest: Lease | undefined
  #started = false
  #stopped: Promise<void> | undefined

  constructor({ leases, clock, log }: ServerLeaseComponents, options: ServerLeaseOptions) {
    this.#leases = leases
    this.#clock = clock
    this.#name = `konnectivity-proxy-server-${options.serverId}`
    this.#log = log.child({ component: 'server-lease', lease: this.#name })
    this.#options = options
    this.#renewals = new RepeatingTask(
      { clock, log: this.#log },
      {
        run: (signal) => this.#renew(signal),
        pauseMs: (failures) =>
          failures === 0
            ? RENEW_INTERVAL_MS
            : Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS),
        failureMessage: 'could not renew the lease of this server, trying again',
      },
    )
  }

  /** Does not wait for the Lease: a server works without one. */
  start(): void {
    this.#started = true
    this.#renewals.start()
  }

  /** Deletes the Lease, if it can; else that will expire. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await this.#renewals.stop()
    if (!this.#started) return
    try {
      await this.#leases.delete(this.#name)
      this.#log.info('lease deleted')
    } catch (err) {
      if (!isNotFound(err))
        this.#log.warn({ err }, 'could not delete the lease of this server, it will expire')
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    if (this.#latest && (await this.#renewAsIs(this.#latest, signal))) return
    this.#latest = undefined
    const existing = await this.#find(signal)
    if (existing) {
      this.#latest = await this.#leases.update(this.#renewed(existing), signal)
      this.#log.info('existing lease taken over')
    } else {
      this.#latest = await this.#leases.create(this.#renewed({ metadata: { name: this.#name } }), signal)
      this.#log.info('lease created')
    }
  }

  /** False when somebody has changed or deleted the Lease. */
  async #renewAsIs(lease: Lease, signal: AbortSignal): Promise<boolean> {
    try {
      this.#latest = await this.#leases.update(this.#renewed(lease), signal)
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  async #find(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#leases.get(this.#name, signal)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #renewed(lease: Lease): Lease {
    return {
      ...lease,
      metadata: { ...lease.metadata, labels: { ...this.#options.labels } },
      spec: {
        ...lease.spec,
        holderIdentity: this.#options.serverId,
        leaseDurationSeconds: LEASE_DURATION_SECONDS,
        renewTime: microTime(this.#clock.now()),
      },
    }
  }
}
