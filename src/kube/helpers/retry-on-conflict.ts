import { Backoff } from '../backoff.ts'
import { type Clock, systemClock } from '../clock.ts'
import { isConflict } from '../errors.ts'

/** client-go's DefaultRetry, but for the first wait's jitter. */
const MOST_ATTEMPTS = 5
const BACKOFF = { initialMs: 10, capMs: 1000, factor: 1, jitter: 0.1 }

export interface RetryOnConflictOptions {
  /** @default systemClock */
  readonly clock?: Clock
  readonly signal?: AbortSignal
  /** @default 5 */
  readonly attempts?: number
}

/** Does something again that failed since an object has changed meanwhile. `change` must read the object itself, each time. */
export async function retryOnConflict<T>(
  change: () => Promise<T>,
  { clock = systemClock, signal, attempts = MOST_ATTEMPTS }: RetryOnConflictOptions = {},
): Promise<T> {
  const backoff = new Backoff(clock, BACKOFF)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change()
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error
      await clock.sleep(backoff.next(), signal)
    }
  }
}
