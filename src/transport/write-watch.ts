import type { Http2Session, Http2Stream } from 'node:http2'
import { readOn, waitsForSocket } from './read-on.ts'

/** A write to a peer that reads has been taken by then. */
const SLOW_WRITE_MS = 10
/** A stream that waits for its own window alone is looked at less and less often, down to this. */
const LONGEST_WAIT_MS = 320

const watches = new WeakMap<Http2Session, WriteWatch>()

/** Sees to it that bytes which wait on `stream` do not wait for ever, because the peer waits for us to read. */
export function watchWrites(stream: Http2Stream): void {
  const { session } = stream
  if (!session || session.destroyed) return
  let watch = watches.get(session)
  if (!watch) {
    watch = new WriteWatch(session)
    watches.set(session, watch)
  }
  watch.add(stream)
}

/**
 * The streams of one session that have bytes waiting, and one timer for all of them: with a timer each, streams that nobody
 * reads would cost a neighbour its processor.
 */
class WriteWatch {
  readonly #session: Http2Session
  readonly #waiting = new Set<Http2Stream>()
  #timer: NodeJS.Timeout | undefined
  #waitMs = SLOW_WRITE_MS

  constructor(session: Http2Session) {
    this.#session = session
  }

  add(stream: Http2Stream): void {
    this.#waiting.add(stream)
    if (this.#timer && this.#waitMs === SLOW_WRITE_MS) return
    clearTimeout(this.#timer)
    this.#waitMs = SLOW_WRITE_MS
    this.#start()
  }

  #start(): void {
    this.#timer = setTimeout(() => this.#check(), this.#waitMs).unref()
  }

  #check(): void {
    this.#timer = undefined
    for (const stream of this.#waiting) {
      if (stream.destroyed || stream.writableLength === 0) this.#waiting.delete(stream)
    }
    if (this.#waiting.size === 0 || this.#session.destroyed) return
    if (waitsForSocket(this.#session)) {
      readOn(this.#session)
      this.#waitMs = SLOW_WRITE_MS
    } else {
      this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS)
    }
    this.#start()
  }
}
