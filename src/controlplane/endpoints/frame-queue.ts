import type { StatusError } from '../api/status.ts'
import type { WatchEvent } from '../collection/index.ts'
import type { AnswerStream } from '../http/answer.ts'
import { asStatus } from '../http/as-status.ts'
import type { ConvertEvents } from './converted-events.ts'
import type { FrameOf } from './watch-frames.ts'

/** So many events may wait for a client that reads more slowly than they come. */
const MAX_WAITING_EVENTS = 10_000
/** And of so many bytes, since what waits is kept even when the store has forgotten it. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** Frames are written together up to here. */
const BATCH_BYTES = 64 * 1024

/** So many events are converted together. */
const CONVERTED_TOGETHER = 500

/** How events become what their client wants to see, where that takes its time. */
export interface Conversion {
  readonly convert: ConvertEvents
  /** What a client is told of whom the watch ends, because its events cannot be converted. */
  readonly failed: (error: StatusError) => Buffer
}

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
  readonly #conversion: Conversion | undefined
  #scheduled = false

  constructor(output: AnswerStream, frameOf: FrameOf, conversion?: Conversion) {
    this.#output = output
    this.#frameOf = frameOf
    this.#conversion = conversion
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
    queueMicrotask(() => this.#go())
  }

  #go(): void {
    if (this.#conversion) void this.#writeConverted(this.#conversion)
    else this.#write()
  }

  /** As long as events are being converted, those behind them wait. */
  async #writeConverted({ convert, failed }: Conversion): Promise<void> {
    let hasRoom = true
    while (this.#waiting.length > 0 && hasRoom && !this.#output.signal.aborted) {
      const events = this.#waiting.slice(0, CONVERTED_TOGETHER)
      try {
        const frames = (await convert(events)).map((event) => this.#frameOf(event))
        if (this.#output.signal.aborted) return
        if (frames.length > 0) hasRoom = this.#output.write(Buffer.concat(frames))
      } catch (error) {
        this.#fail(failed(asStatus(error)))
        return
      }
      this.#waiting = this.#waiting.slice(events.length)
      for (const event of events) this.#waitingBytes -= sizeOf(event)
    }
    this.#written(hasRoom)
  }

  /** Nothing comes after. */
  #fail(frame: Buffer): void {
    if (this.#output.signal.aborted) return
    this.#waiting = []
    this.#output.write(frame)
    this.#output.end()
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
    this.#written(hasRoom)
  }

  #written(hasRoom: boolean): void {
    if (hasRoom) this.#scheduled = false
    else this.#output.onDrain(() => this.#go())
  }
}

/** Objects that are made for a watch are few, and not counted. */
function sizeOf({ object, previous }: WatchEvent): number {
  return (Buffer.isBuffer(object) ? object.length : 0) + (previous?.length ?? 0)
}
