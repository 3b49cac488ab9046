import type { RequestInfo } from '../api/request-info.ts'
import { StatusError } from '../api/status.ts'
import { isPrivileged, type User } from '../rbac/index.ts'

/** How many requests may be carried out at once. */
export interface RequestLimits {
  readonly reading: number
  readonly writing: number
}

/** As --max-requests-inflight and --max-mutating-requests-inflight of the original. */
const DEFAULT_LIMITS: RequestLimits = { reading: 400, writing: 200 }

const READING = ['get', 'list', 'watch']

/** Requests that are being carried out, bounded so that a flood of them is refused and not queued. */
export class RequestLimit {
  readonly #limits: RequestLimits
  readonly #running = { reading: 0, writing: 0 }

  constructor(limits: RequestLimits = DEFAULT_LIMITS) {
    this.#limits = limits
  }

  /**
   * Carries a request out unless there are too many. Watches do not count, since they go on for ever (WatchLimit); and whoever may
   * do everything has to be able to do something against a flood.
   *
   * @throws StatusError TooManyRequests, and what `work` throws
   */
  async run<T>(user: User, { verb }: RequestInfo, work: () => Promise<T>): Promise<T> {
    if (verb === 'watch') return work()
    const kind = READING.includes(verb) ? 'reading' : 'writing'
    if (this.#running[kind] >= this.#limits[kind]) {
      if (isPrivileged(user)) return work()
      throw new StatusError('TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      })
    }
    this.#running[kind]++
    try {
      return await work()
    } finally {
      this.#running[kind]--
    }
  }
}
