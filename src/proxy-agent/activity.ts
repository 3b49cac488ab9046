/**
 * What the agent has in hand: dials under way and connections that are not closed yet, over all its streams. A drain waits
 * for it to come to rest.
 */
export class Activity {
  #count = 0
  readonly #watchers = new Set<() => void>()

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count++
    this.#notify()
  }

  end(): void {
    this.#count--
    this.#notify()
  }

  /** Resolves once nothing was in hand for `quietMs`; rejects with the reason of `signal`. */
  async rest(quietMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let timer: NodeJS.Timeout | undefined
    const watch = () => {
      clearTimeout(timer)
      if (this.#count === 0) timer = setTimeout(resolve, quietMs)
    }
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#watchers.add(watch)
    try {
      watch()
      await promise
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(watch)
      signal.removeEventListener('abort', onAbort)
    }
  }

  #notify(): void {
    for (const watch of this.#watchers) watch()
  }
}
