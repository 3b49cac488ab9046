import { StatusError } from '../api/status.ts'
import { isPrivileged, type User } from '../rbac/index.ts'
import { Tally } from './tally.ts'

/** How many watches may be going on at once. */
export interface WatchLimits {
  readonly inAll: number
  readonly perUser: number
}

/**
 * The original has no such limit, but a cluster's memory. One that is quiet takes about 26 KiB: what one user may have is 256 MiB,
 * and more than the nodes of a large cluster have together.
 */
const DEFAULT_LIMITS: WatchLimits = { inAll: 40_000, perUser: 10_000 }

/** They are not tried again at once: those that are there go on for long. */
const RETRY_AFTER_SECONDS = 10

/** Watches that are going on, bounded so that nobody can take the memory, nor all of what there is to be had. */
export class WatchLimit {
  readonly #limits: WatchLimits
  readonly #watches = new Tally()

  constructor(limits: WatchLimits = DEFAULT_LIMITS) {
    this.#limits = limits
  }

  /**
   * Begins a watch, that lasts until `signal` is aborted. Whoever may do everything can always begin one.
   *
   * @throws StatusError TooManyRequests, and what `begin` throws
   */
  async run<T>(user: User, signal: AbortSignal, begin: () => Promise<T>): Promise<T> {
    if (!isPrivileged(user)) this.#requireRoom(user)
    this.#watches.add(user.name, 1)
    const end = () => this.#watches.add(user.name, -1)
    try {
      const begun = await begin()
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
      return begun
    } catch (error) {
      end()
      throw error
    }
  }

  #requireRoom({ name }: User): void {
    const { inAll, perUser } = this.#limits
    if (this.#watches.of(name) >= perUser)
      throw tooMany(`the limit is ${perUser} at once of one user, and ${JSON.stringify(name)} has as many`)
    if (this.#watches.inAll >= inAll) throw tooMany(`the limit is ${inAll} at once of all users together`)
  }
}

function tooMany(limit: string): StatusError {
  const message = `Too many watches, please try again later: ${limit}.`
  return new StatusError('TooManyRequests', message, { retryAfterSeconds: RETRY_AFTER_SECONDS })
}
