import type { RequestInfo } from '../api/request-info.ts'
import { REVIEW_GROUPS } from '../api/review-groups.ts'
import { StatusError } from '../api/status.ts'
import { isPrivileged, type User } from '../rbac/index.ts'
import { Seats } from './seats.ts'

/** How many requests may be carried out at once, and how many may wait for it. */
export interface RequestLimits {
  readonly reading: number
  readonly writing: number
  /** What part of these one user may have, so that there is room for others however slow its requests are. */
  readonly partPerUser: number
  readonly mostWaitingPerUser: number
  readonly mostWaiting: number
  readonly longestWaitMs: number
}

/**
 * As --max-requests-inflight and --max-mutating-requests-inflight of the original, and what its priority level workload-low lets
 * wait: a user's requests are in 6 queues of 50, for at most a quarter of --request-timeout.
 */
const DEFAULT_LIMITS: RequestLimits = {
  reading: 400,
  writing: 200,
  partPerUser: 0.5,
  mostWaitingPerUser: 300,
  mostWaiting: 2_000,
  longestWaitMs: 15_000,
}

const READING = ['get', 'list', 'watch']

/** What leads to a Pod or node takes as long as that does; as in the original, it does not count. */
const LONG_RUNNING = ['attach', 'exec', 'log', 'portforward', 'proxy']

/** Also with much to do, a server says how it is. */
const PROBES = ['/healthz', '/livez', '/readyz']

/**
 * Requests that are being carried out, bounded so that a flood of them does not take the memory. What is too much waits for a moment,
 * in the line of its user, so that a flood of one user's is no flood for others; and what is far too much is refused.
 */
export class RequestLimit {
  readonly #reading: Seats
  readonly #writing: Seats

  constructor({ reading, writing, ...limits }: RequestLimits = DEFAULT_LIMITS) {
    this.#reading = seatsFor(reading, limits)
    this.#writing = seatsFor(writing, limits)
  }

  /** How many wait, by whether they read or write. */
  get waiting(): { readonly reading: number; readonly writing: number } {
    return { reading: this.#reading.waiting, writing: this.#writing.waiting }
  }

  /**
   * Carries a request out unless there are too many. Watches do not count, since they go on for ever (WatchLimit), nor what leads to
   * Pods; and whoever may do everything has to be able to do something against a flood.
   *
   * @throws StatusError TooManyRequests, the reason of the signal, and what `work` throws
   */
  async run<T>(user: User, { info, signal }: LimitedRequest, work: () => Promise<T>): Promise<T> {
    if (isLongRunning(info) || isPrivileged(user) || isProbe(info)) return work()
    const seats = isReading(info) ? this.#reading : this.#writing
    if (!(await seats.take(user.name, signal))) {
      throw new StatusError('TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: 1,
      })
    }
    try {
      return await work()
    } finally {
      seats.give(user.name)
    }
  }
}

function seatsFor(
  seats: number,
  { partPerUser, mostWaitingPerUser, ...limits }: Omit<RequestLimits, 'reading' | 'writing'>,
): Seats {
  const mostPerFlow = Math.ceil(seats * partPerUser)
  return new Seats({ ...limits, seats, mostPerFlow, mostWaitingPerFlow: mostWaitingPerUser })
}

interface LimitedRequest {
  readonly info: RequestInfo
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

/** A review is a question too. Webhooks ask it while a write waits for them, which would wait for ever if the question did for writes. */
function isReading(info: RequestInfo): boolean {
  return READING.includes(info.verb) || (info.isResource && REVIEW_GROUPS.includes(info.group))
}

function isLongRunning(info: RequestInfo): boolean {
  return info.verb === 'watch' || (info.isResource && LONG_RUNNING.includes(info.subresource))
}

function isProbe(info: RequestInfo): boolean {
  return !info.isResource && PROBES.includes(info.path)
}
