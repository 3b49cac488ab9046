import { FairQueue } from './fair-queue.ts'
import { Tally } from './tally.ts'

export interface SeatOptions {
  /** How many there are. */
  readonly seats: number
  /** So that slow ones of one flow are not in the way of all others. */
  readonly mostPerFlow: number
  readonly mostWaitingPerFlow: number
  readonly mostWaiting: number
  readonly longestWaitMs: number
}

/** A bounded number of seats. Who finds none free waits for one, in the line of its flow, unless that is too long. */
export class Seats {
  readonly #options: SeatOptions
  readonly #waiting = new FairQueue<() => void>()
  readonly #taken = new Tally()

  constructor(options: SeatOptions) {
    this.#options = options
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Resolves with whether there is a seat for the caller, who gives it back. Aborting `signal` ends the waiting.
   *
   * @throws the reason of the signal
   */
  async take(flow: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    const { seats, mostWaitingPerFlow, mostWaiting } = this.#options
    if (this.#taken.inAll < seats && this.#mayHave(flow)) {
      this.#taken.add(flow, 1)
      return true
    }
    if (this.#waiting.length >= mostWaiting || this.#waiting.lengthOf(flow) >= mostWaitingPerFlow)
      return false
    return this.#wait(flow, signal)
  }

  /** Back from `flow`, to who has waited longest in the line whose turn it is, of those that may have one more. */
  give(flow: string): void {
    this.#taken.add(flow, -1)
    const next = this.#waiting.take((each) => this.#mayHave(each))
    if (!next) return
    this.#taken.add(next.flow, 1)
    next.entry()
  }

  #mayHave(flow: string): boolean {
    return this.#taken.of(flow) < this.#options.mostPerFlow
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
