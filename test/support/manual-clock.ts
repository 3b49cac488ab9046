interface Sleeper {
  readonly dueAt: number
  readonly wake: () => void
}

/** Time that stands still until a test moves it. */
export class ManualClock {
  #now = Date.parse('2026-01-01T00:00:00Z')
  #sleepers: Sleeper[] = []
  #waiting: (() => void)[] = []

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const sleeper = { dueAt: this.#now + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal.reason)
      })
      for (const notice of this.#waiting.splice(0)) notice()
    })
  }

  /** Waits until somebody sleeps; returns for how many ms yet. Of several it is who wakes first. */
  async asleep(): Promise<number> {
    while (this.#sleepers.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return Math.min(...this.#sleepers.map(({ dueAt }) => dueAt)) - this.#now
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#sleepers.filter(({ dueAt }) => dueAt <= this.#now)
    this.#sleepers = this.#sleepers.filter(({ dueAt }) => dueAt > this.#now)
    for (const { wake } of due) wake()
  }
}
