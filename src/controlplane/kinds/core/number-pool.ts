import { randomInt } from 'node:crypto'

/**
 * Numbers from 0 up to a size, each of which one taker has at a time. What nobody asks for by its number comes from above
 * `firstFree` while there is any, so that those who choose theirs below rarely collide with it.
 *
 * Invariant: whatever is taken is less than the size.
 */
export class NumberPool {
  readonly #size: number
  readonly #firstFree: number
  readonly #random: (size: number) => number
  readonly #taken = new Set<number>()

  constructor(size: number, firstFree: number, random: (size: number) => number = randomInt) {
    this.#size = size
    this.#firstFree = Math.min(firstFree, size)
    this.#random = random
  }

  /** False when somebody has it. */
  take(number: number): boolean {
    if (this.#taken.has(number)) return false
    this.#taken.add(number)
    return true
  }

  /** Any that nobody has; undefined when all are taken. */
  takeAny(): number | undefined {
    const number =
      this.#findIn(this.#firstFree, this.#size - this.#firstFree) ?? this.#findIn(0, this.#firstFree)
    if (number !== undefined) this.#taken.add(number)
    return number
  }

  giveBack(number: number): void {
    this.#taken.delete(number)
  }

  /** Looks through as many numbers as there are taken ones, at most. */
  #findIn(first: number, count: number): number | undefined {
    if (count <= 0) return undefined
    const start = this.#random(count)
    for (let step = 0; step < count; step++) {
      const number = first + ((start + step) % count)
      if (!this.#taken.has(number)) return number
    }
    return undefined
  }
}
