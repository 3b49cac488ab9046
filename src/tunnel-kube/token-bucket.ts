import type { Clock } from './clock.ts'

export interface TokenBucketOptions {
  /** Negative means no limit. */
  readonly ratePerSecond: number
  /** How many may be taken at once after a time of rest. */
  readonly burst: number
}

/**
 * Limits how often something is done. Who comes when the bucket is empty takes a token that is yet to come, and waits for it;
 * so those who wait are served in the order in which they came.
 */
export class TokenBucket {
  readonly #clock: Clock
  readonly #options: TokenBucketOptions
  /** Negative when tokens are owed to those who wait. */
  #tokens: number
  #countedAt: number

  constructor(clock: Clock, options: TokenBucketOptions) {
    this.#clock = clock
    this.#options = options
    this.#tokens = options.burst
    this.#countedAt = clock.now()
  }

  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { ratePerSecond } = this.#options
    if (ratePerSecond < 0) return
    this.#refill()
    this.#tokens -= 1
    if (this.#tokens >= 0) return
    try {
      await this.#clock.sleep((-this.#tokens / ratePerSecond) * 1000, signal)
    } catch (error) {
      this.#tokens += 1 // those behind have waited too long by one token, and nobody too short
      throw error
    }
  }

  #refill(): void {
    const { ratePerSecond, burst } = this.#options
    const now = this.#clock.now()
    const elapsedMs = Math.max(now - this.#countedAt, 0) // the clock may have been set back
    this.#countedAt = now
    this.#tokens = Math.min(this.#tokens + (elapsedMs / 1000) * ratePerSecond, burst)
  }
}
