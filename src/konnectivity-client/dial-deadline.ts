import { DialError } from '../common/errors.ts'

/** How long a dial may take when its caller does not say. */
export const DIAL_TIMEOUT_MS = 30_000

/** Node fires longer timers at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What can end a dial before it is answered: the clock, and the caller's signal. Owns its timer. */
export class DialDeadline {
  readonly #reached = Promise.withResolvers<never>()
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined

  /** @throws DialError `context` when the signal has fired already */
  constructor(timeoutMs = DIAL_TIMEOUT_MS, signal?: AbortSignal) {
    if (signal?.aborted) throw contextError(signal)
    this.#signal = signal
    this.#reached.promise.catch(() => {}) // after the dial is over nobody waits for it
    this.#timer = setTimeout(
      () => this.#reached.reject(new DialError('timeout', 'dial timeout, backstop')),
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    )
    signal?.addEventListener('abort', this.#handleAbort, { once: true })
  }

  /** What `work` comes to, unless the deadline is reached before. */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#reached.promise, work])
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#handleAbort)
  }

  readonly #handleAbort = (): void => {
    this.#reached.reject(contextError(this.#signal))
  }
}

function contextError(signal: AbortSignal | undefined): DialError {
  return new DialError('context', 'dial timeout, context', { cause: signal?.reason })
}
