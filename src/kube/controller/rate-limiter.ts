import { TokenBucket } from '../client/token-bucket.ts'
import type { Clock } from '../clock.ts'

/** How long a key has to wait before it is worked on again. */
export interface QueueRateLimiter {
  /** The wait in ms, after one more failure of `key`. */
  delayMs(key: string): number
  /** It has succeeded: the next failure is the first again. */
  forget(key: string): void
  failures(key: string): number
}

export interface DefaultRateLimiterOptions {
  /** @default 5 */
  readonly initialMs?: number
  /** @default 1_000_000 */
  readonly capMs?: number
  /** For all keys together; not positive for no limit. @default 10 */
  readonly qps?: number
  /** @default 100 */
  readonly burst?: number
}

/** client-go's default: each key waits twice as long as the time before, and all keys together pass through one bucket. */
export class DefaultRateLimiter implements QueueRateLimiter {
  readonly #failures = new Map<string, number>()
  readonly #bucket: TokenBucket
  readonly #initialMs: number
  readonly #capMs: number

  constructor(clock: Clock, options: DefaultRateLimiterOptions = {}) {
    const { initialMs = 5, capMs = 1_000_000, qps = 10, burst = 100 } = options
    this.#initialMs = initialMs
    this.#capMs = capMs
    this.#bucket = new TokenBucket(clock, { ratePerSecond: qps, burst })
  }

  delayMs(key: string): number {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    return Math.max(Math.min(this.#initialMs * 2 ** failures, this.#capMs), this.#bucket.reserve())
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }
}
