import { sleep } from './sleep.ts'

/** A pause that can be cut short, or replaced by a shorter one, while somebody waits in it. */
export class Wait {
  #interrupt: AbortController | undefined
  readonly #pauseMs: () => number

  /** `pauseMs` is asked at the beginning of each pause, and again after `restart`. */
  constructor(pauseMs: () => number) {
    this.#pauseMs = pauseMs
  }

  /** Resolves when the pause is over; rejects with the reason of `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const interrupt = new AbortController()
      this.#interrupt = interrupt
      try {
        await sleep(this.#pauseMs(), AbortSignal.any([signal, interrupt.signal]))
        return
      } catch {
        signal.throwIfAborted()
      }
    }
  }

  /** The circumstances have changed: whoever waits now starts over with a new pause. */
  restart(): void {
    this.#interrupt?.abort()
  }
}
