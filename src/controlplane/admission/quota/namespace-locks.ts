/** Lets those who want the same go one after the other, in the order in which they came. */
export class NamespaceLocks {
  readonly #last = new Map<string, Promise<void>>()

  /** Resolves, once it is our turn, with what lets the next go. */
  async acquire(namespace: string): Promise<() => void> {
    const before = this.#last.get(namespace)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(namespace, promise)
    await before
    return () => {
      if (this.#last.get(namespace) === promise) this.#last.delete(namespace)
      resolve()
    }
  }
}
