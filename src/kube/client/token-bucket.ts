import type { Clock } from '../clock.ts'

export interface TokenBucketOptions {
  /** Not positive means no limit. */
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
    this.#countedAt = clock.monotonic()
  }

  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const waitMs = this.reserve()
    if (waitMs <= 0) return
    try {
      await this.#clock.sleep(waitMs, signal)
    } catch (error) {
      this.#tokens += 1 // those behind have waited too long by one token, and nobody too short
      throw error
    }
  }

  /** Takes a token; returns in how many ms it will be there. */
  reserve(): number {
    const { ratePerSecond } = this.#options
    if (ratePerSecond <= 0) return 0
    this.#refill()
    this.#tokens -= 1
    return this.#tokens >= 0 ? 0 : (-this.#tokens / ratePerSecond) * 1000
  }

  /** Takes a token if there is one now. */
  tryTake(): boolean {
    this.#refill()
    if (this.#options.ratePerSecond > 0 && this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #refill(): void {
    const { ratePerSecond, burst } = this.#options
    const now = this.#clock.monotonic()
    const elapsedMs = now - this.#countedAt
    this.#countedAt = now
    this.#tokens = Math.min(this.#tokens + (elapsedMs / 1000) * Math.max(ratePerSecond, 0), burst)
  }
}
