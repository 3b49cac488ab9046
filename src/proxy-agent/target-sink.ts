import type net from 'node:net'
import type { Segment, Sink } from '../transport/index.ts'

/** A target's socket as the place where a connection's bytes go. */
export class TargetSink implements Sink {
  readonly #socket: net.Socket

  constructor(socket: net.Socket) {
    this.#socket = socket
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  write({ chunks }: Segment, onWritten: () => void): void {
    const last = chunks.length - 1
    if (!this.#socket.writable || last < 0) return
    if (last > 0) this.#socket.cork()
    for (let index = 0; index <= last; index++) {
      this.#socket.write(chunks[index] as Buffer, index === last ? onWritten : undefined)
    }
    if (last > 0) this.#socket.uncork()
  }
}
