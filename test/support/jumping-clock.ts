interface Sleeper {
  readonly dueAt: number
  readonly wake: () => void
}

/** Time that goes on as it does, and further when a test moves it: for what must not hang on retries of a few ms. */
export class JumpingClock {
  #aheadMs = 0
  #setMs = 0
  readonly #sleepers = new Set<Sleeper>()

  now(): number {
    return Date.now() + this.#aheadMs + this.#setMs
  }

  monotonic(): number {
    return performance.now() + this.#aheadMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const end = () => {
        clearTimeout(timer)
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', onAbort)
      }
      const wake = () => {
        end()
        resolve()
      }
      const onAbort = () => {
        end()
        reject(signal?.reason)
      }
      const sleeper = { dueAt: this.monotonic() + ms, wake }
      const timer = setTimeout(wake, ms)
      signal?.addEventListener('abort', onAbort)
      this.#sleepers.add(sleeper)
    })
  }

  /** Has somebody set the clock on the wall, ahead or back: no time passes. */
  set(ms: number): void {
    this.#setMs += ms
  }

  advance(ms: number): void {
    this.#aheadMs += ms
    for (const sleeper of [...this.#sleepers]) if (sleeper.dueAt <= this.monotonic()) sleeper.wake()
  }
}
