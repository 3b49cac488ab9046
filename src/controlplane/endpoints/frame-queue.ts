import type { WatchEvent } from '../collection/index.ts'
import type { AnswerStream } from '../http/answer.ts'
import type { FrameOf } from './watch-frames.ts'

/** So many events may wait for a client that reads more slowly than they come. */
const MAX_WAITING_EVENTS = 10_000
/** Frames are written together up to here. */
const BATCH_BYTES = 64 * 1024

/**
 * Events on their way to a client that reads as fast as it can. Those that wait are kept as they are in the store, and become frames
 * when there is room. A client that falls too far behind is cut off: it can come back and list.
 */
export class FrameQueue {
  readonly #output: AnswerStream
  readonly #frameOf: FrameOf
  #waiting: WatchEvent[] = []
  #limit = Number.POSITIVE_INFINITY
  #scheduled = false

  constructor(output: AnswerStream, frameOf: FrameOf) {
    this.#output = output
    this.#frameOf = frameOf
  }

  /** From now on only so many may wait, besides those that do now. */
  bound(): void {
    this.#limit = this.#waiting.length + MAX_WAITING_EVENTS
  }

  push(event: WatchEvent): void {
    if (this.#output.signal.aborted) return
    if (this.#waiting.length >= this.#limit) {
      this.#waiting = []
      this.#output.destroy()
      return
    }
    this.#waiting.push(event)
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.#write())
  }

  #write(): void {
    let next = 0
    let hasRoom = true
    while (next < this.#waiting.length && hasRoom && !this.#output.signal.aborted) {
      const frames: Buffer[] = []
      for (let bytes = 0; next < this.#waiting.length && bytes < BATCH_BYTES; next++) {
        const frame = this.#frameOf(this.#waiting[next] as WatchEvent)
        frames.push(frame)
        bytes += frame.length
      }
      hasRoom = this.#output.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames))
    }
    this.#waiting = next === this.#waiting.length ? [] : this.#waiting.slice(next)
    if (hasRoom) this.#scheduled = false
    else this.#output.onDrain(() => this.#write())
  }
}
