/**
 * Lets those who try again to write one object do so one after the other. Of many who write the same object at once, one is the first,
 * and all others try again: if they did so at once, the work would grow with the square of their number.
 */
export class RetryTurns {
  readonly #longestTurnMs: number
  /** For each object, when the turn of the last one in its line is over. */
  readonly #lastOver = new Map<string, Promise<void>>()

  /**
   * @param options.longestTurnMs after it the next one begins: a webhook may write the very object that it is asked about, and whoever
   *   asks it would wait for somebody who waits for them. @default 1000
   */
  constructor({ longestTurnMs = 1_000 }: { readonly longestTurnMs?: number } = {}) {
    this.#longestTurnMs = longestTurnMs
  }

  /** Resolves when the turns of all who have asked before for the same key are over, with what ends the caller's. */
  async take(key: string): Promise<() => void> {
    const before = this.#lastOver.get(key)
    const { promise: over, resolve } = Promise.withResolvers<void>()
    this.#lastOver.set(key, over)
    await before
    const end = () => {
      clearTimeout(timer)
      if (this.#lastOver.get(key) === over) this.#lastOver.delete(key)
      resolve()
    }
    const timer = setTimeout(end, this.#longestTurnMs)
    return end
  }
}
