import { FLAG_FIN, HEAD_BYTES, SPDY_VERSION } from './frame.ts'
import { SpdyError } from './spdy-error.ts'

/** A part of a DATA frame: as much of it as has come. */
export interface DataPiece {
  readonly kind: 'data'
  readonly streamId: number
  readonly data: Buffer
  /** Nothing follows on the stream. */
  readonly isLast: boolean
}

export interface ControlFrame {
  readonly kind: 'control'
  readonly type: number
  readonly flags: number
  readonly payload: Buffer
}

/** Those that there are have some hundred bytes. */
const MAX_CONTROL_BYTES = 64 * 1024

/** Takes a byte stream apart. Keeps no more than one control frame, however long the frames with data are. */
export class FrameParser {
  #rest: Buffer = Buffer.alloc(0)
  /** The DATA frame that has begun. */
  #open: { streamId: number; isLast: boolean; left: number } | undefined;

  /** @throws SpdyError where the bytes are no frame */
  *push(chunk: Buffer): Generator<DataPiece | ControlFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const next = this.#open ? this.#data(this.#open) : this.#frame()
      if (!next) return
      yield next
    }
  }

  #frame(): DataPiece | ControlFrame | undefined {
    const rest = this.#rest
    if (rest.length < HEAD_BYTES) return undefined
    const first = rest.readUInt32BE(0)
    const flags = rest.readUInt8(4)
    const length = rest.readUIntBE(5, 3)
    if (first < 0x8000_0000) {
      this.#take(HEAD_BYTES)
      return this.#data({ streamId: first, isLast: (flags & FLAG_FIN) !== 0, left: length })
    }
    const version = (first >>> 16) & 0x7fff
    if (version !== SPDY_VERSION) throw new SpdyError(`a frame is of version ${version} of SPDY, not 3`)
    if (length > MAX_CONTROL_BYTES)
      throw new SpdyError(`a control frame has ${length} bytes, more than ${MAX_CONTROL_BYTES}`)
    if (rest.length < HEAD_BYTES + length) return undefined
    this.#take(HEAD_BYTES)
    return { kind: 'control', type: first & 0xffff, flags, payload: this.#take(length) }
  }

  #data({
    streamId,
    isLast,
    left,
  }: {
    streamId: number
    isLast: boolean
    left: number
  }): DataPiece | undefined {
    const data = this.#take(Math.min(left, this.#rest.length))
    const remaining = left - data.length
    this.#open = remaining === 0 ? undefined : { streamId, isLast, left: remaining }
    if (data.length === 0 && remaining > 0) return undefined
    return { kind: 'data', streamId, data, isLast: isLast && remaining === 0 }
  }

  #take(bytes: number): Buffer {
    const taken = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    return taken
  }
}
