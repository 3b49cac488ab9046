/** Past so many new keys, sorting all is cheaper than finding each its place. */
const FEW_KEYS = 64

/** Strings in the order of their UTF-16 units. New ones are put in their places when somebody looks. */
export class SortedKeys {
  #keys: string[] = []
  #added: string[] = []

  get size(): number {
    return this.#keys.length + this.#added.length
  }

  /** The key must not be there yet. */
  add(key: string): void {
    this.#added.push(key)
  }

  delete(key: string): void {
    const index = this.indexFrom(key)
    if (this.#keys[index] === key) this.#keys.splice(index, 1)
  }

  at(index: number): string | undefined {
    this.#settle()
    return this.#keys[index]
  }

  /** The index of the first key that is not before `key`. */
  indexFrom(key: string): number {
    this.#settle()
    return this.#indexFrom(key)
  }

  #settle(): void {
    if (this.#added.length === 0) return
    const added = this.#added
    this.#added = []
    if (added.length > FEW_KEYS) this.#keys = this.#keys.concat(added).sort()
    else for (const key of added) this.#keys.splice(this.#indexFrom(key), 0, key)
  }

  #indexFrom(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#keys[middle] as string) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
