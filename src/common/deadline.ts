import { LONGEST_TIMER_MS } from './duration.ts'

/** What ends a wait when its time is up. */
export class DeadlineExpiredError extends Error {
  constructor() {
    super('timed out')
    this.name = 'DeadlineExpiredError'
  }
}

/**
 * A limit for an operation of several waits: the clock, and a signal that can end it sooner. Far cheaper than a composite
 * AbortSignal, of which every dial would need one. Owns its timer; `clear` gives it up.
 */
export class Deadline {
  readonly #reached = Promise.withResolvers<never>()
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined
  #expired = false

  /** The signal must not have been aborted yet. */
  constructor(timeoutMs: number, signal?: AbortSignal) {
    this.#reached.promise.catch(() => {}) // nobody may be waiting when it is reached
    this.#timer = setTimeout(this.#expire, Math.min(timeoutMs, LONGEST_TIMER_MS))
    this.#signal = signal
    signal?.addEventListener('abort', this.#handleAbort, { once: true })
  }

  /** Whether time ran out. */
  get expired(): boolean {
    return this.#expired
  }

  /**
   * What `work` comes to, unless the deadline is reached before. What cannot be stopped goes on unheeded.
   *
   * @throws DeadlineExpiredError, or the reason of the signal
   */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#reached.promise, work])
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#handleAbort)
  }

  readonly #expire = (): void => {
    this.#expired = true
    this.#reached.reject(new DeadlineExpiredError())
  }

  readonly #handleAbort = (): void => {
    this.#reached.reject(this.#signal?.reason)
  }
}
