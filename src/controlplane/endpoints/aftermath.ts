/** What wants to be told once a write has been carried out, or will not be. */
export class Aftermath {
  #callbacks: (() => void)[] = []

  readonly afterwards = (callback: () => void): void => {
    this.#callbacks.push(callback)
  }

  settle(): void {
    const callbacks = this.#callbacks
    this.#callbacks = []
    for (const callback of callbacks) callback()
  }
}

/** Does something, in whatever way that ends, and then settles it. */
export async function settling<T>(work: (aftermath: Aftermath) => Promise<T>): Promise<T> {
  const aftermath = new Aftermath()
  try {
    return await work(aftermath)
  } finally {
    aftermath.settle()
  }
}
