/** An honest client ends one dial with one reset: 50,000 at once, and 5,000 more every second, are far above that. */
const BURST = 50_000
const PER_SECOND = 5_000

/** A token bucket for the streams that one session may reset. The clock is in milliseconds. */
export class ResetBudget {
  readonly #now: () => number
  #tokens = BURST
  #refilledAt: number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#refilledAt = now()
  }

  /** Counts one reset; false when the session has used up its budget and should be ended. */
  spend(): boolean {
    const now = this.#now()
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilledAt) / 1000) * PER_SECOND)
    this.#refilledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
