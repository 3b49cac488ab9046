import { FairQueue } from './fair-queue.ts'

export interface SeatOptions {
  /** How many there are. */
  readonly seats: number
  readonly mostWaitingPerFlow: number
  readonly mostWaiting: number
  readonly longestWaitMs: number
}

/** A bounded number of seats. Who finds none free waits for one, in the line of its flow, unless that is too long. */
export class Seats {
  readonly #options: SeatOptions
  readonly #waiting = new FairQueue<() => void>()
  #taken = 0

  constructor(options: SeatOptions) {
    this.#options = options
  }

  /**
   * Resolves with whether there is a seat for the caller, who gives it back. Aborting `signal` ends the waiting.
   *
   * @throws the reason of the signal
   */
  async take(flow: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    const { seats, mostWaitingPerFlow, mostWaiting } = this.#options
    if (this.#taken < seats) {
      this.#taken++
      return true
    }
    if (this.#waiting.length >= mostWaiting || this.#waiting.lengthOf(flow) >= mostWaitingPerFlow)
      return false
    return this.#wait(flow, signal)
  }

  /** To who has waited longest in the line whose turn it is. */
  give(): void {
    const next = this.#waiting.take()
    if (next) next()
    else this.#taken--
  }

  /** Leaves the line in the same turn as it stops to wait: a seat that is given to nobody would be lost. */
  async #wait(flow: string, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    const seated = () => resolve(true)
    const leave = () => this.#waiting.delete(flow, seated)
    const onAbort = () => {
      leave()
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      leave()
      resolve(false)
    }, this.#options.longestWaitMs)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#waiting.add(flow, seated)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }
}
