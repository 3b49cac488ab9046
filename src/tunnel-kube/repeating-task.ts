import { errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { Clock } from '../kube/index.ts'

export interface RepeatingTaskComponents {
  readonly clock: Clock
  readonly log: Logger
}

export interface RepeatingTaskOptions {
  /** One turn. What it rejects with is logged as `failureMessage`, and it will be tried again. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** How long to rest after a turn, given how many have failed in a row; 0 after one that succeeded. */
  readonly pauseMs: (failures: number) => number
  readonly failureMessage: string
}

/** Does something again and again until it is stopped, whatever happens. */
export class RepeatingTask {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: RepeatingTaskOptions
  readonly #stopping = new AbortController()
  #loop: Promise<void> | undefined
  /** A lasting trouble is reported once, not at every turn. */
  #complaint: string | undefined

  constructor({ clock, log }: RepeatingTaskComponents, options: RepeatingTaskOptions) {
    this.#clock = clock
    this.#log = log
    this.#options = options
  }

  start(): void {
    this.#loop ??= this.#repeat(this.#stopping.signal)
  }

  /** Aborts the turn that is under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { run, pauseMs } = this.#options
    let failures = 0
    while (!signal.aborted) {
      try {
        await run(signal)
        failures = 0
        this.#complaint = undefined
      } catch (err) {
        if (signal.aborted) return
        failures += 1
        this.#report(err)
      }
      await this.#clock.sleep(pauseMs(failures), signal).catch(() => {}) // it rejects only when aborted
    }
  }

  #report(err: unknown): void {
    const complaint = errorMessage(err)
    if (complaint === this.#complaint) {
      this.#log.debug({ err }, this.#options.failureMessage)
    } else {
      this.#log.warn({ err }, this.#options.failureMessage)
      this.#complaint = complaint
    }
  }
}
