import type { Clock } from './clock.ts'

export interface BackoffOptions {
  readonly initialMs: number
  readonly capMs: number
  /** @default 2 */
  readonly factor?: number
  /** A wait is between itself and this many times more than itself. @default 1 */
  readonly jitter?: number
  /** After so long without `next`, waits begin from the shortest again. @default 120_000 */
  readonly resetAfterMs?: number
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

/** Growing waits with jitter, that are forgotten after a time without trouble, as client-go's reflectors wait. */
export class Backoff {
  readonly #clock: Clock
  readonly #options: Required<BackoffOptions>
  #nextMs: number
  #askedAt: number | undefined

  constructor(clock: Clock, options: BackoffOptions) {
    this.#clock = clock
    this.#options = { factor: 2, jitter: 1, resetAfterMs: 120_000, random: Math.random, ...options }
    this.#nextMs = options.initialMs
  }

  /** How long to wait now, in ms. */
  next(): number {
    const { factor, jitter, capMs, resetAfterMs, random } = this.#options
    const now = this.#clock.monotonic()
    if (this.#askedAt !== undefined && now - this.#askedAt > resetAfterMs) this.reset()
    this.#askedAt = now
    const waitMs = this.#nextMs
    this.#nextMs = Math.min(waitMs * factor, capMs)
    return Math.min(waitMs * (1 + random() * jitter), capMs)
  }

  reset(): void {
    this.#nextMs = this.#options.initialMs
  }
}
