import { isDeepStrictEqual } from 'node:util'
import type { Lease, LeaseSpec } from '../../apis/coordination/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import type { ObjectMeta } from '../../apis/meta/v1.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import type { ResourceClient } from '../client/resource-client.ts'
import { withDeadline } from '../client/with-deadline.ts'
import { withGrace } from '../client/with-grace.ts'
import { type Clock, microTimeText, systemClock } from '../clock.ts'
import { isConflict, isForbidden, isNotFound, isUnauthorized, KubeRequestError } from '../errors.ts'
import { type HolderState, heldByPod, holderState } from './lease-holder.ts'
import { LeaseVacancy } from './lease-vacancy.ts'

const DEFAULT_LEASE_DURATION_MS = 15_000
const DEFAULT_RENEW_DEADLINE_MS = 10_000
const DEFAULT_RETRY_PERIOD_MS = 2_000

/** Those who wait to lead ask after between one and 2.2 retry periods, or when the Lease is given up. */
const JITTER_FACTOR = 1.2

/** How often to look whether a Pod that is being deleted, and leads, is gone. */
const ENDING_RETRY_PERIOD_MS = 2_000

/** How long a process that is to stop waits for the answer to a write that makes it the leader. */
const ACQUIRE_GRACE_MS = 10_000

/** Together with ACQUIRE_GRACE_MS it is less than the 30 s that a Pod has to end. */
const RELEASE_DEADLINE_MS = 15_000
const RELEASE_RETRY_PERIOD_MS = 1_000

export const LEASES = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  namespaced: true,
} as const

export interface LeaderElectionOptions {
  readonly namespace: string
  /** Of the Lease. */
  readonly name: string
  /** Of this process, and no other: such as the host's name and a UUID. */
  readonly identity: string
  /**
   * What the identities of this process's predecessors begin with, such as the name of its Pod, in which a container is started
   * again only when it has ended. From them the Lease is taken over at once, for one that was killed could not release it.
   * @default there are none
   */
  readonly predecessorPrefix?: string
  /**
   * Whether the identity is the name of a Pod in the namespace of the Lease, a `_`, and something without one. From such a holder the
   * Lease is taken over when its Pod is gone.
   * @default false
   */
  readonly isPod?: boolean
  /** How long after its holder's last sign of life a Lease is up for others. @default 15_000 */
  readonly leaseDurationMs?: number
  /** How long the holder tries to renew before it gives up. @default 10_000 */
  readonly renewDeadlineMs?: number
  /** @default 2_000 */
  readonly retryPeriodMs?: number
  /** Whether to give up the Lease at the end, so that others need not wait for it to expire. @default true */
  readonly releaseOnCancel?: boolean
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface LeaderMetrics {
  setLeader(lease: string, isLeader: boolean): void
}

export interface LeaderElectorComponents {
  readonly leases: ResourceClient<Lease>
  /** To see whether a leader is gone. @default each Lease is waited for until it expires */
  readonly pods?: ResourceClient<Pod>
  /** @default systemClock */
  readonly clock?: Clock
  /** @default says nothing */
  readonly log?: Logger
  readonly metrics?: LeaderMetrics
}

/**
 * Lets one of several processes lead, by a Lease, as client-go's leaderelection does, with whose candidates it may compete.
 *
 * Times that others have written are not compared with our clock: a Lease has expired when we have seen no change of it for its
 * duration. A leader that could not renew for `renewDeadlineMs` stops leading, which is before others may begin. Only where the leader is
 * known to be gone (see `holderState`), its Lease is taken over before it has expired, which client-go would not do.
 */
export class LeaderElector {
  readonly #leases: ResourceClient<Lease>
  readonly #pods: ResourceClient<Pod> | undefined
  readonly #clock: Clock
  readonly #log: Logger
  readonly #metrics: LeaderMetrics | undefined
  readonly #options: Required<LeaderElectionOptions>
  /** As it was read or written last. */
  #lease: Lease | undefined
  /** When its spec was another than before, by our monotonic clock. */
  #observedAt = 0
  #reportedLeader = ''
  #holderState: HolderState = 'unknown'
  /** Whether we have asked to become the leader, even if no answer has come. */
  #mayHold = false

  constructor(components: LeaderElectorComponents, options: LeaderElectionOptions) {
    const { leases, pods, clock = systemClock, log = silentLogger, metrics } = components
    this.#leases = leases
    this.#pods = pods
    this.#clock = clock
    this.#metrics = metrics
    this.#log = log.child({ component: 'leader-elector', lease: `${options.namespace}/${options.name}` })
    this.#options = {
      leaseDurationMs: DEFAULT_LEASE_DURATION_MS,
      renewDeadlineMs: DEFAULT_RENEW_DEADLINE_MS,
      retryPeriodMs: DEFAULT_RETRY_PERIOD_MS,
      releaseOnCancel: true,
      predecessorPrefix: '',
      isPod: false,
      random: Math.random,
      ...options,
    }
    verifyOptions(this.#options)
  }

  get isLeader(): boolean {
    return this.#holder === this.#options.identity
  }

  /** Who leads, as far as is known; empty for nobody. */
  get leader(): string {
    return this.#holder
  }

  /** Resolves when we lead; rejects with the reason of `signal`. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { name, retryPeriodMs, random } = this.#options
    this.#metrics?.setLeader(name, false)
    this.#log.info('attempting to acquire leader lease')
    const vacancy = new LeaseVacancy({ leases: this.#leases, clock: this.#clock }, this.#options)
    try {
      while (!(await this.#tryAcquireOrRenew(signal))) {
        const periodMs =
          this.#holderState === 'ending' ? Math.min(ENDING_RETRY_PERIOD_MS, retryPeriodMs) : retryPeriodMs
        await vacancy.wait(periodMs * (1 + random() * JITTER_FACTOR), signal)
      }
      signal.throwIfAborted()
    } finally {
      await vacancy.stop()
    }
    this.#metrics?.setLeader(name, true)
    this.#log.info('acquired leader lease')
  }

  /** Renews until we are not the leader any more, or `signal` is aborted. Resolves with which it was. */
  async hold(signal: AbortSignal): Promise<'cancelled' | 'lost'> {
    const { name, retryPeriodMs } = this.#options
    while (!signal.aborted && (await this.#renewInTime(signal))) {
      await this.#clock.sleep(retryPeriodMs, signal).catch(() => {}) // it rejects only when aborted
    }
    this.#metrics?.setLeader(name, false)
    if (signal.aborted) return 'cancelled'
    this.#log.error('lost leader lease')
    return 'lost'
  }

  /**
   * Gives up the Lease if it is ours, and tries for a while where the API is in trouble. To be called when all that only a leader does has
   * ended. Never rejects.
   */
  async release(): Promise<void> {
    const { renewDeadlineMs, releaseOnCancel } = this.#options
    if (!releaseOnCancel || !this.#mayHold) return
    const ms = Math.min(renewDeadlineMs, RELEASE_DEADLINE_MS)
    let trouble: unknown
    const error = () =>
      new KubeRequestError('the leader lease could not be released in time', { cause: trouble })
    try {
      await withDeadline({ ms, error }, async (signal) => {
        while (!(await this.#tryRelease(signal, (err) => (trouble = err))))
          await this.#clock.sleep(RELEASE_RETRY_PERIOD_MS, signal)
      })
    } catch (err) {
      this.#log.warn({ err }, 'could not release the leader lease, it will expire')
    }
  }

  get #holder(): string {
    return this.#lease?.spec?.holderIdentity ?? ''
  }

  #isHeldByAnother(): boolean {
    const { predecessorPrefix } = this.#options
    if (this.#holder === '' || this.isLeader) return false
    return predecessorPrefix === '' || !this.#holder.startsWith(predecessorPrefix)
  }

  /** False when it is worth another try. Rejects when it is not, as when the rights to it are gone. */
  async #tryRelease(signal: AbortSignal, onTrouble: (error: unknown) => void): Promise<boolean> {
    const { namespace, name, identity } = this.#options
    try {
      // What was written without an answer may still have been carried out: what counts is what the API has now.
      for (;;) {
        const lease = await this.#leases.find({ namespace, name }, { signal })
        if (lease?.spec?.holderIdentity !== identity) return true
        if (!(await this.#writeReleased(lease, signal))) continue
        this.#log.info('released leader lease')
        return true
      }
    } catch (error) {
      signal.throwIfAborted()
      if (isUnauthorized(error) || isForbidden(error)) throw error
      onTrouble(error)
      return false
    }
  }

  async #writeReleased(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const now = microTimeText(this.#clock.now())
    const { leaseTransitions = 0 } = lease.spec ?? {}
    try {
      const spec = {
        holderIdentity: '',
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
        leaseTransitions,
      }
      this.#observe(await this.#leases.update({ ...lease, spec: { ...lease.spec, ...spec } }, { signal }))
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  /** False when it did not succeed within the deadline. */
  async #renewInTime(signal: AbortSignal): Promise<boolean> {
    const { renewDeadlineMs: ms, retryPeriodMs } = this.#options
    const error = () => new KubeRequestError('the leader lease was not renewed in time')
    const startedAt = this.#clock.monotonic()
    try {
      return await withDeadline({ ms, error, signal }, async (ending) => {
        while (!(await this.#tryAcquireOrRenew(ending))) {
          await this.#clock.sleep(retryPeriodMs, ending)
          if (this.#clock.monotonic() - startedAt >= ms) return false // the process may have been asleep
        }
        return true
      })
    } catch {
      return false // aborted, by one or the other
    }
  }

  /** Whether we lead now. Rejects only with the reason of `signal`. */
  async #tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    try {
      return await this.#acquireOrRenew(signal)
    } catch (err) {
      signal.throwIfAborted()
      this.#log.warn({ err }, 'could not acquire or renew the leader lease')
      return false
    } finally {
      this.#reportLeader()
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { namespace, name } = this.#options
    if (this.#lease && this.isLeader && this.#isValid() && (await this.#renewAsIs(this.#lease, signal)))
      return true

    const lease = await this.#leases.find({ namespace, name }, { signal })
    if (!lease) {
      const spec = this.#heldSpec({ leaseTransitions: 0 })
      const metadata = this.#heldMetadata({ namespace, name })
      await this.#take((signal) => this.#leases.create({ metadata, spec }, { signal }), signal)
      return true
    }
    const isFirstLook = this.#lease === undefined
    // A label that somebody sets is no sign of life of the holder.
    const isSilent = isDeepStrictEqual(lease.spec, this.#lease?.spec)
    if (isSilent) this.#lease = lease
    else this.#observe(lease)
    if (this.#isHeldByAnother() && this.#isValid()) {
      this.#holderState = isFirstLook || isSilent ? await this.#lookAtHolder(lease, signal) : 'unknown'
      if (this.#holderState !== 'gone') return false
      this.#log.info({ leader: this.#holder }, 'the Pod of the leader is gone, taking over')
    }

    const { acquireTime, leaseTransitions = 0 } = lease.spec ?? {}
    const spec = this.isLeader
      ? this.#heldSpec({ leaseTransitions, ...(acquireTime && { acquireTime }) })
      : this.#heldSpec({ leaseTransitions: leaseTransitions + 1 })
    const held = { ...lease, metadata: this.#heldMetadata(lease.metadata), spec: { ...lease.spec, ...spec } }
    await this.#take((signal) => this.#leases.update(held, { signal }), signal)
    return true
  }

  async #lookAtHolder(lease: Lease, signal: AbortSignal): Promise<HolderState> {
    return this.#pods ? holderState({ pods: this.#pods, log: this.#log }, lease, signal) : 'unknown'
  }

  /** Waits for the answer though we are to stop: it may have been carried out, and nobody could give it up. */
  async #take(write: (signal: AbortSignal) => Promise<Lease>, signal: AbortSignal): Promise<void> {
    this.#mayHold = true
    this.#observe(await withGrace(signal, ACQUIRE_GRACE_MS, write))
  }

  #heldMetadata(metadata: ObjectMeta): ObjectMeta {
    return this.#options.isPod ? heldByPod(metadata, this.#options.identity) : metadata
  }

  /** Without reading it first. False when somebody has changed it. */
  async #renewAsIs(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const { acquireTime, leaseTransitions = 0 } = lease.spec ?? {}
    const spec = this.#heldSpec({ leaseTransitions, ...(acquireTime && { acquireTime }) })
    try {
      this.#observe(await this.#leases.update({ ...lease, spec: { ...lease.spec, ...spec } }, { signal }))
      return true
    } catch (err) {
      signal.throwIfAborted()
      this.#log.debug({ err }, 'could not renew the leader lease as it was, reading it')
      return false
    }
  }

  #heldSpec(kept: Pick<LeaseSpec, 'acquireTime' | 'leaseTransitions'>): LeaseSpec {
    const { identity, leaseDurationMs } = this.#options
    const now = microTimeText(this.#clock.now())
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.floor(leaseDurationMs / 1000),
      acquireTime: now,
      renewTime: now,
      ...kept,
    }
  }

  #observe(lease: Lease): void {
    this.#lease = lease
    this.#observedAt = this.#clock.monotonic()
  }

  #isValid(): boolean {
    const durationMs = (this.#lease?.spec?.leaseDurationSeconds ?? 0) * 1000
    return this.#observedAt + durationMs > this.#clock.monotonic()
  }

  #reportLeader(): void {
    if (this.#holder === this.#reportedLeader) return
    this.#reportedLeader = this.#holder
    if (this.#holder !== '') this.#log.info({ leader: this.#holder }, 'new leader')
  }
}

function verifyOptions(options: Required<LeaderElectionOptions>): void {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, identity } = options
  if (identity === '') throw new Error('a candidate needs an identity')
  if (leaseDurationMs < 1000) throw new Error('leaseDurationMs must be at least a second')
  if (leaseDurationMs <= renewDeadlineMs)
    throw new Error('leaseDurationMs must be greater than renewDeadlineMs')
  if (renewDeadlineMs <= retryPeriodMs * JITTER_FACTOR) {
    throw new Error(`renewDeadlineMs must be greater than retryPeriodMs*${JITTER_FACTOR}`)
  }
  if (retryPeriodMs <= 0) throw new Error('retryPeriodMs must be positive')
}
