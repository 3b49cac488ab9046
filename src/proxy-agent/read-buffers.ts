/** As much as one read of a socket brings. */
const BUFFER_BYTES = 64 * 1024
/** Smaller reads are copied into memory of their own size. */
const POOL_FROM_BYTES = 4 * 1024
/** Buffers that are kept for the next read, in all 4 MiB. */
const MOST_IDLE = 64

/**
 * Memory for what is read from targets, used again once it has left for the server. Allocating it anew for each read makes
 * V8 mark its whole heap every 64 MiB, which cost more than moving the bytes.
 *
 * Invariant: a buffer is handed out again only after every byte that it was lent for has been reported as written. One that
 * is dropped instead is left to the garbage collector.
 */
export class ReadBuffers {
  /** Where sockets read to, all of them: what is in it is copied before anybody else reads. */
  readonly shared = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  readonly #idle: Buffer[] = []
  readonly #unwritten = new WeakMap<ArrayBufferLike, number>()

  /** Keeps the first `length` bytes of `shared`. */
  keep(length: number): Buffer {
    if (length < POOL_FROM_BYTES) return Buffer.from(this.shared.subarray(0, length))
    const buffer = this.#idle.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.shared.copy(buffer, 0, 0, length)
    this.#unwritten.set(buffer.buffer, length)
    return buffer.subarray(0, length)
  }

  /** These bytes have left, or have been copied elsewhere. */
  readonly written = (chunks: readonly Buffer[]): void => {
    for (const chunk of chunks) {
      const left = this.#unwritten.get(chunk.buffer)
      if (left === undefined) continue
      if (left > chunk.length) {
        this.#unwritten.set(chunk.buffer, left - chunk.length)
        continue
      }
      this.#unwritten.delete(chunk.buffer)
      if (this.#idle.length < MOST_IDLE) this.#idle.push(Buffer.from(chunk.buffer))
    }
  }
}
