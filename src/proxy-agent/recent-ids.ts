import type { ConnectId } from '../wire/index.ts'

const REMEMBERED = 1024

/** The last connect IDs that we closed ourselves: packets for them crossed with the close, and are no error. */
export class RecentIds {
  readonly #ids = new Set<ConnectId>()

  add(id: ConnectId): void {
    this.#ids.add(id)
    if (this.#ids.size <= REMEMBERED) return
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest)
      return
    }
  }

  has(id: ConnectId): boolean {
    return this.#ids.has(id)
  }
}
