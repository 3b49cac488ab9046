/** A stream that lived for so long was a success: the next failure starts from the shortest wait again. */
export const LASTED_MS = 5_000

const FACTOR = 1.5

export interface RedialBackoffOptions {
  /** The first wait, in milliseconds. */
  readonly initialMs: number
  /** The longest wait, in milliseconds. */
  readonly capMs: number
  /** By how much each wait is longer than the one before. @default FACTOR */
  readonly factor?: number
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

/**
 * How long to wait before the next attempt. Waits grow by the factor each time, up to the cap; the actual wait is between half of
 * that and all of it, so that the agents of a server that restarted do not all come back at once.
 */
export class RedialBackoff {
  readonly #options: RedialBackoffOptions
  #nextMs: number

  constructor(options: RedialBackoffOptions) {
    this.#options = options
    this.#nextMs = options.initialMs
  }

  next(): number {
    const { capMs, factor = FACTOR, random = Math.random } = this.#options
    const waitMs = Math.min(this.#nextMs, capMs)
    this.#nextMs = Math.min(waitMs * factor, capMs)
    return waitMs * (0.5 + random() / 2)
  }

  reset(): void {
    this.#nextMs = this.#options.initialMs
  }
}
