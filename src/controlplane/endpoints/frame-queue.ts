import type { WatchEvent } from '../collection/index.ts'
import type { AnswerStream } from '../http/answer.ts'
import type { FrameOf } from './watch-frames.ts'

/** So many events may wait for a client that reads more slowly than they come. */
const MAX_WAITING_EVENTS = 10_000
/** And of so many bytes, since what waits is kept even when the store has forgotten it. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
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
  #waitingBytes = 0
  #limit = Number.POSITIVE_INFINITY
  #limitBytes = Number.POSITIVE_INFINITY
  #scheduled = false

  constructor(output: AnswerStream, frameOf: FrameOf) {
    this.#output = output
    this.#frameOf = frameOf
  }

  /** From now on only so many may wait, besides those that do now. */
  bound(): void {
    this.#limit = this.#waiting.length + MAX_WAITING_EVENTS
    this.#limitBytes = this.#waitingBytes + MAX_WAITING_BYTES
  }

  push(event: WatchEvent): void {
    if (this.#output.signal.aborted) return
    if (this.#waiting.length >= this.#limit || this.#waitingBytes >= this.#limitBytes) {
      this.#waiting = []
      this.#output.destroy()
      return
    }
    this.#waiting.push(event)
    this.#waitingBytes += sizeOf(event)
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
        const event = this.#waiting[next] as WatchEvent
        const frame = this.#frameOf(event)
        this.#waitingBytes -= sizeOf(event)
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

/** Objects that are made for a watch are few, and not counted. */
function sizeOf({ object }: WatchEvent): number {
  return Buffer.isBuffer(object) ? object.length : 0
}
