import { Deadline, DeadlineExpiredError } from '../common/deadline.ts'
import { DialError } from '../common/errors.ts'

/** How long a dial may take when its caller does not say. */
export const DIAL_TIMEOUT_MS = 30_000

/** What can end a dial before it is answered: the clock, and the caller's signal. Owns its timer. */
export class DialDeadline {
  readonly #deadline: Deadline
  readonly #signal: AbortSignal | undefined

  /** @throws DialError `context` when the signal has fired already */
  constructor(timeoutMs = DIAL_TIMEOUT_MS, signal?: AbortSignal) {
    if (signal?.aborted) throw contextError(signal)
    this.#signal = signal
    this.#deadline = new Deadline(timeoutMs, signal)
  }

  /**
   * What `work` comes to, unless the deadline is reached before.
   *
   * @throws DialError `timeout` or `context`
   */
  async race<T>(work: Promise<T>): Promise<T> {
    try {
      return await this.#deadline.race(work)
    } catch (error) {
      if (error instanceof DeadlineExpiredError) throw new DialError('timeout', 'dial timeout, backstop')
      if (this.#signal?.aborted && error === this.#signal.reason) throw contextError(this.#signal)
      throw error
    }
  }

  clear(): void {
    this.#deadline.clear()
  }
}

function contextError(signal: AbortSignal): DialError {
  return new DialError('context', 'dial timeout, context', { cause: signal.reason })
}
