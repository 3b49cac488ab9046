/**
 * Allots connect IDs. One for the whole process: a Go server keys connections by agent ID and connect ID, so that streams of
 * one agent which count by themselves would take each other's connections.
 */
export class ConnectIds {
  #last = 0

  next(): number {
    this.#last++
    return this.#last
  }
}
