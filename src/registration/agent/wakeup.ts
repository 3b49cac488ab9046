import type { Clock } from '../../kube/index.ts'

/** Lets one loop sleep until something has happened, or some time has passed. What happens while it is awake is not lost. */
export class Wakeup {
  readonly #clock: Clock
  #isDue = false
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#isDue = true
    this.#wake?.()
  }

  /** Never rejects: an abort ends the sleep as well. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const cancel = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#isDue) resolve()
    })
    const over = AbortSignal.any([signal, cancel.signal])
    await Promise.race([woken, this.#clock.sleep(ms, over).catch(() => {})])
    cancel.abort()
    this.#wake = undefined
    this.#isDue = false
  }
}
