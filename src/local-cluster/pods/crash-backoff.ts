/** kubelet's. */
const INITIAL_MS = 10_000
const CAP_MS = 300_000

/** After so long without trouble the first wait is the first again. */
const FORGET_AFTER_MS = 2 * CAP_MS

/**
 * How long something that has failed has to wait (client-go's flowcontrol.Backoff, as kubelet uses it): it is tried again at
 * once the first time, then after 10 s, and twice as long each time from then on. Times are of one monotonic clock, in ms.
 */
export class CrashBackoff {
  #waitMs = 0
  #touchedAt = Number.NEGATIVE_INFINITY

  /** The wait that a failure at this moment has earned. */
  next(failedAt: number): number {
    if (failedAt - this.#touchedAt > FORGET_AFTER_MS) this.#waitMs = 0
    const waitMs = this.#waitMs
    this.#waitMs = Math.min(waitMs === 0 ? INITIAL_MS : waitMs * 2, CAP_MS)
    this.#touchedAt = failedAt + waitMs
    return waitMs
  }
}
