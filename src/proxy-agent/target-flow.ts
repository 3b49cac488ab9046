import { OutboundFlow } from '../transport/index.ts'

/**
 * What a target sends to the server, with a way out: once the frontend has asked for the close, what waits for its credit is
 * dropped. Nobody may ever read it, and the CLOSE_RSP must not wait for a reader.
 */
export class TargetFlow extends OutboundFlow {
  #waitsForCredit = true

  /** From now on waits for the network only, never for credit. */
  stopWaitingForCredit(): void {
    this.#waitsForCredit = false
    this.#discardIfBlocked()
  }

  override transmit(maxBytes: number): void {
    super.transmit(maxBytes)
    this.#discardIfBlocked()
  }

  #discardIfBlocked(): void {
    if (!this.#waitsForCredit && this.blocked) this.discard()
  }
}
