/** How long a frontend whose connection is over may take none of what is left for it, or not hang up, in ms. */
const LINGER_MS = 30_000

/** Waits for a frontend to take the rest and to go, as long as it does take something. Owns a timer. */
export class Linger {
  #timer: NodeJS.Timeout | undefined

  /** `onGivenUp` is told how many bytes are left. */
  start(queuedBytes: () => number, onGivenUp: (left: number) => void): void {
    const before = queuedBytes()
    this.#timer = setTimeout(() => {
      const left = queuedBytes()
      if (left < before) this.start(queuedBytes, onGivenUp)
      else onGivenUp(left)
    }, LINGER_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
