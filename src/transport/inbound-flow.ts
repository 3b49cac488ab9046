import { MAX_DATA_BYTES } from '../wire/grpc.ts'
import { ProtocolError } from '../wire/protocol-error.ts'
import { type Segment, SegmentQueue } from './segment-queue.ts'

/** Past this many unsent bytes a sink is left alone until they have gone. */
export const SINK_HIGH_BYTES = 128 * 1024

/** Toward a peer without credit: how much a slow reader may have queued before the peer's whole stream has to wait. */
export const BACKLOG_CAP_BYTES = 4 * 1024 * 1024

/** How long a reader whose backlog is full may stand still before its connection is broken off. */
export const STUCK_READER_MS = 10_000

/** Where the bytes of a connection go: a socket, or a stream of its own. */
export interface Sink {
  /** Bytes that were written and have not left yet. */
  readonly queuedBytes: number
  /** Takes bytes; `onWritten` is called once they have left. */
  write(segment: Segment, onWritten: () => void): void
}

/** The peer speaks of credit: it sends no more than `windowBytes` ahead of what `grant` has returned. */
export interface CreditLimit {
  readonly windowBytes: number
  readonly grant: (bytes: number) => void
}

/** The peer cannot be told to slow down one connection: only its whole stream can be paused. */
export interface BacklogLimit {
  readonly capBytes?: number
  readonly stuckMs?: number
  /** The backlog is full: stop the stream. Called once, until `onRoom`. */
  readonly onFull: () => void
  readonly onRoom: () => void
  /** The backlog was full and nothing has moved for `stuckMs`. */
  readonly onStuck: () => void
}

/**
 * What one connection has received and not yet passed on: bytes, then what closes it.
 *
 * Invariant: bytes reach the sink in order, and a closing action runs after the last of them was handed over. The
 * queue never holds more than the limit allows. Owns the stuck-reader timer.
 */
export class InboundFlow {
  readonly #sink: Sink
  readonly #limit: CreditLimit | BacklogLimit
  readonly #queue = new SegmentQueue()
  /** Bytes consumed and not yet granted back. */
  #owed = 0
  /** Bytes received and not yet granted back. */
  #outstanding = 0
  #full = false
  #stuckTimer: NodeJS.Timeout | undefined
  #closing: (() => void)[] = []
  #discarded = false
  #held = false

  constructor(sink: Sink, limit: CreditLimit | BacklogLimit) {
    this.#sink = sink
    this.#limit = limit
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** True once what arrives is thrown away. */
  get discarded(): boolean {
    return this.#discarded
  }

  /** Keeps everything back until `release`. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.pump()
  }

  /**
   * Takes bytes from the peer; never waits.
   *
   * @throws ProtocolError when the peer sends more than it was granted
   */
  receive(segment: Segment): void {
    if ('windowBytes' in this.#limit) {
      this.#outstanding += segment.length
      if (this.#outstanding > this.#limit.windowBytes) {
        throw new ProtocolError('the peer sent more than it was granted')
      }
    }
    if (this.#discarded) {
      this.#consumed(segment.length)
      return
    }
    if (this.#queue.bytes > 0 || this.#held || this.#sink.queuedBytes >= SINK_HIGH_BYTES) {
      this.#queue.push(segment)
      this.#checkBacklog()
    } else if (segment.length > MAX_DATA_BYTES) {
      this.#queue.push(segment) // a sink gets no more than that at a time
      this.pump()
    } else {
      this.#hand(segment)
    }
  }

  /** Runs `action` once everything received so far is with the sink; several actions run in the order of the calls. */
  closeBehind(action: () => void): void {
    if (this.#discarded) return
    this.#closing.push(action)
    this.pump()
  }

  /** Forgets what is queued and swallows what still comes. No closing action runs any more. A connection that is over ends here. */
  discard(): void {
    this.#discarded = true
    this.#closing = []
    const dropped = this.#queue.bytes
    this.#queue.clear()
    this.#consumed(dropped)
    this.#checkBacklog()
  }

  /** To be called whenever the sink may have room again. */
  readonly pump = (): void => {
    if (this.#held || this.#discarded) return
    let moved = false
    while (this.#queue.bytes > 0 && this.#sink.queuedBytes < SINK_HIGH_BYTES) {
      this.#hand(this.#queue.take(MAX_DATA_BYTES) as Segment)
      moved = true
      if (this.#discarded) return
    }
    if (moved) this.#restartStuckTimer()
    this.#checkBacklog()
    while (this.#queue.bytes === 0 && this.#closing.length > 0) this.#closing.shift()?.()
  }

  #hand(segment: Segment): void {
    this.#sink.write(segment, this.pump)
    this.#consumed(segment.length)
  }

  /** Grants back in portions of a quarter of the window: rarely enough to be cheap, early enough that the sender never waits. */
  #consumed(bytes: number): void {
    if (!('windowBytes' in this.#limit) || bytes === 0) return
    this.#owed += bytes
    if (this.#owed < this.#limit.windowBytes / 4) return
    const granted = this.#owed
    this.#owed = 0
    this.#outstanding -= granted
    this.#limit.grant(granted)
  }

  #checkBacklog(): void {
    const limit = this.#limit
    if ('windowBytes' in limit) return
    const cap = limit.capBytes ?? BACKLOG_CAP_BYTES
    if (!this.#full && this.#queue.bytes >= cap) {
      this.#full = true
      this.#restartStuckTimer()
      limit.onFull()
    } else if (this.#full && this.#queue.bytes < cap / 2) {
      this.#full = false
      clearTimeout(this.#stuckTimer)
      limit.onRoom()
    }
  }

  #restartStuckTimer(): void {
    if (!this.#full || 'windowBytes' in this.#limit) return
    clearTimeout(this.#stuckTimer)
    this.#stuckTimer = setTimeout(this.#limit.onStuck, this.#limit.stuckMs ?? STUCK_READER_MS)
  }
}
