/** How much of something there is at once, by who has it. */
export class Tally {
  #inAll = 0
  /** Nobody has none. */
  readonly #byOwner = new Map<string, number>()

  get inAll(): number {
    return this.#inAll
  }

  of(owner: string): number {
    return this.#byOwner.get(owner) ?? 0
  }

  /** A negative amount is taken away. */
  add(owner: string, amount: number): void {
    this.#inAll += amount
    const own = this.of(owner) + amount
    if (own === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, own)
  }
}
