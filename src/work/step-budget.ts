/** What all expressions about one object may cost in all: with any text and any object they end within about half a second. */
export const OBJECT_STEPS = 300_000

/**
 * What expressions that others have written may cost: a step is a value that is visited or made, or some characters of a text.
 * Counted and not timed, so that the same expressions fail on every machine.
 */
export class StepBudget {
  #left: number

  constructor(steps = OBJECT_STEPS) {
    this.#left = steps
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** False from when it is spent. */
  take(steps = 1): boolean {
    this.#left -= steps
    return this.#left >= 0
  }
}
