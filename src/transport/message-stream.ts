import { constants, type Http2Stream } from 'node:http2'
import { addAbortSignal } from 'node:stream'
import {
  frameControlPacket,
  frameDataHead,
  frameDataWithUnknown,
  frameSmallData,
  GRPC_PREFIX_BYTES,
} from '../wire/encode.ts'
import { GRPC_STATUS, MAX_MESSAGE_BYTES } from '../wire/grpc.ts'
import type { ConnectId, ControlPacket } from '../wire/packet.ts'
import { ProtocolError } from '../wire/protocol-error.ts'
import type { Segment } from './segment-queue.ts'
import { watchWrites } from './write-watch.ts'

/** Below this it is cheaper to copy bytes behind their head than to hand the kernel two pieces. */
const COPY_BELOW_BYTES = 2048

/** This many pieces of one message in a row that are on average smaller than `TINY_PIECE_BYTES` are joined: a Buffer costs more. */
const TINY_PIECES = 256
const TINY_PIECE_BYTES = 256

const NOTHING = Buffer.alloc(0)
const ABORTED = AbortSignal.abort()

/** How a stream came to its end. */
export interface StreamEnd {
  /** True when the peer ended its side in order; false for a reset, a lost connection, or our own reset. */
  readonly clean: boolean
  /** The HTTP/2 error code of a reset (8 is CANCEL). */
  readonly resetCode: number
  readonly error?: Error
}

export interface MessageStreamHandler {
  /** One gRPC message without its prefix, in the pieces that it arrived in. */
  onMessage(message: readonly Buffer[]): void
  /** The peer will send no more; the stream can still be written to. */
  onPeerEnd(): void
  /** The peer broke the framing. Whoever handles this ends the stream. */
  onProtocolError(error: ProtocolError): void
  /** Called once, last. */
  onClose(end: StreamEnd): void
}

/**
 * gRPC's message framing on one HTTP/2 stream: pieces of messages in, pieces of messages out, nothing copied that is
 * large. Knows nothing of packets' meaning. Owns the HTTP/2 stream.
 */
export class MessageStream {
  readonly #stream: Http2Stream
  readonly #maxMessageBytes: number
  #handler: MessageStreamHandler | undefined
  /** Pieces of the message that is arriving, and how many of its bytes are still to come. */
  #pieces: Buffer[] = []
  #missing = 0
  /** The pieces from here on have not been looked at for being tiny. */
  #unjoinedFrom = 0
  #unjoinedBytes = 0
  #prefix = NOTHING
  #peerEnded = false
  /** The peer's trailers have come, so it has ended in order, whatever else Node says. */
  #gotTrailers = false
  #closeSeen = false
  #pendingEnd: NodeJS.Immediate | undefined
  #error: Error | undefined
  /** Nothing more is delivered: the peer broke the framing, or we have reset the stream. */
  #deaf = false

  constructor(stream: Http2Stream, maxMessageBytes = MAX_MESSAGE_BYTES) {
    this.#stream = stream
    this.#maxMessageBytes = maxMessageBytes
    stream.on('error', (error) => {
      if (!this.#deaf) this.#error = error
    })
    stream.on('trailers', () => {
      this.#gotTrailers = true
    })
    stream.on('close', () => this.#handleClose())
  }

  /** Begins to deliver what the peer sends. */
  start(handler: MessageStreamHandler): void {
    this.#handler = handler
    if (this.#closeSeen) {
      process.nextTick(() => this.#handleClose())
      return
    }
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#stream.on('end', () => this.#handleEnd())
  }

  get closed(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  get writable(): boolean {
    return !this.closed && !this.#stream.writableEnded
  }

  /** True once the peer has ended its side in order, and that was told. */
  get peerEnded(): boolean {
    return this.#peerEnded
  }

  /** Bytes that were written and not yet handed to the network. */
  get queuedBytes(): number {
    return this.#stream.writableLength
  }

  /** Writes one packet; `onWritten` is called when it has been handed to the network. False when the stream can take no more. */
  sendControl(packet: ControlPacket, onWritten?: () => void): boolean {
    return this.sendFramed(frameControlPacket(packet), onWritten)
  }

  /** Writes bytes that already carry their gRPC prefix. */
  sendFramed(bytes: Buffer, onWritten?: () => void): boolean {
    if (!this.writable) return false
    this.#stream.write(bytes, onWritten)
    watchWrites(this.#stream)
    return true
  }

  /** Writes one DATA packet; `onWritten` is called when its bytes have been handed to the network. */
  sendData(connectId: ConnectId, segment: Segment, onWritten?: () => void): boolean {
    if (!this.writable || segment.length === 0) return false
    if (segment.unknown) {
      this.#stream.write(frameDataWithUnknown(connectId, segment.chunks, segment.unknown), onWritten)
    } else if (segment.length < COPY_BELOW_BYTES) {
      this.#stream.write(frameSmallData(connectId, segment.chunks, segment.length), onWritten)
    } else {
      this.#writePieces(frameDataHead(connectId, segment.length), segment.chunks, onWritten)
    }
    watchWrites(this.#stream)
    return true
  }

  #writePieces(head: Buffer, chunks: readonly Buffer[], onWritten: (() => void) | undefined): void {
    this.#stream.cork()
    this.#stream.write(head)
    const last = chunks.length - 1
    for (let index = 0; index <= last; index++) {
      this.#stream.write(chunks[index] as Buffer, index === last ? onWritten : undefined)
    }
    this.#stream.uncork()
  }

  pause(): void {
    this.#stream.pause()
  }

  /** Also for a stream that the peer has closed: what it had sent before is still to be read, and only then it ends. */
  resume(): void {
    if (!this.#stream.destroyed) this.#stream.resume()
  }

  /** Ends our side in order, behind everything written. */
  end(): void {
    if (this.writable) this.#stream.end()
  }

  /**
   * Ends the stream at once with RST_STREAM CANCEL; nothing is delivered any more but `onClose`. Node's `close(code)` sends
   * END_STREAM before the reset, by which a peer would take half of something for the whole; an abort does not.
   */
  reset(): void {
    if (this.closed) return
    this.#deaf = true
    addAbortSignal(ABORTED, this.#stream)
  }

  #receive(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0 && !this.#deaf) {
      if (this.#missing > 0) {
        const piece = rest.length > this.#missing ? rest.subarray(0, this.#missing) : rest
        this.#keep(piece)
        this.#missing -= piece.length
        rest = rest.subarray(piece.length)
        if (this.#missing === 0) this.#deliver()
      } else {
        rest = this.#readPrefix(rest)
      }
    }
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#unjoinedBytes += piece.length
    if (this.#pieces.length - this.#unjoinedFrom < TINY_PIECES) return
    if (this.#unjoinedBytes < TINY_PIECES * TINY_PIECE_BYTES) {
      this.#pieces.push(Buffer.concat(this.#pieces.splice(this.#unjoinedFrom), this.#unjoinedBytes))
    }
    this.#unjoinedFrom = this.#pieces.length
    this.#unjoinedBytes = 0
  }

  /** Reads the length prefix, which may itself come in pieces, and returns what is behind it. */
  #readPrefix(chunk: Buffer): Buffer {
    const wanted = GRPC_PREFIX_BYTES - this.#prefix.length
    if (this.#prefix.length > 0 || chunk.length < wanted) {
      this.#prefix = Buffer.concat([this.#prefix, chunk.subarray(0, wanted)])
    }
    const prefix = this.#prefix.length > 0 ? this.#prefix : chunk
    if (prefix.length < GRPC_PREFIX_BYTES) return chunk.subarray(wanted)
    this.#prefix = NOTHING
    const length = prefix.readUInt32BE(1)
    if (prefix[0] !== 0) {
      this.#fail(new ProtocolError('compressed messages are not supported', GRPC_STATUS.UNIMPLEMENTED))
    } else if (length > this.#maxMessageBytes) {
      this.#fail(
        new ProtocolError(
          `received message larger than max (${length} vs. ${this.#maxMessageBytes})`,
          GRPC_STATUS.RESOURCE_EXHAUSTED,
        ),
      )
    } else if (length === 0) {
      this.#deliver()
    } else {
      this.#missing = length
    }
    return chunk.subarray(wanted)
  }

  #deliver(): void {
    const message = this.#pieces
    this.#pieces = []
    this.#unjoinedFrom = 0
    this.#unjoinedBytes = 0
    this.#handler?.onMessage(message)
  }

  #fail(error: ProtocolError): void {
    this.#deaf = true
    this.#pieces = []
    this.#handler?.onProtocolError(error)
  }

  /**
   * Node also ends the readable side of a stream that was reset, so the code decides what this was. A reset that comes right
   * behind END_STREAM, as Node's own `close(code)` sends it, shows only after this event: hence the wait.
   */
  #handleEnd(): void {
    if (this.#deaf || this.#stream.rstCode) return
    if ((this.#stream.aborted || this.#stream.destroyed) && !this.#gotTrailers) return
    this.#pendingEnd = setImmediate(() => this.#deliverEnd())
  }

  #deliverEnd(): void {
    clearImmediate(this.#pendingEnd)
    this.#pendingEnd = undefined
    if (this.#deaf) return
    if (this.#missing > 0 || this.#prefix.length > 0) {
      this.#fail(new ProtocolError('the stream ended in the middle of a message'))
      return
    }
    this.#peerEnded = true
    this.#handler?.onPeerEnd()
  }

  #handleClose(): void {
    this.#closeSeen = true
    if (!this.#handler) return // told by `start`
    const resetCode = this.#stream.rstCode ?? constants.NGHTTP2_NO_ERROR
    this.#drainPaused()
    if (this.#pendingEnd && resetCode === constants.NGHTTP2_NO_ERROR) this.#deliverEnd()
    clearImmediate(this.#pendingEnd)
    const handler = this.#handler
    this.#handler = undefined
    this.#pieces = []
    handler?.onClose({
      clean: this.#peerEnded && resetCode === constants.NGHTTP2_NO_ERROR,
      resetCode,
      ...(this.#error ? { error: this.#error } : {}),
    })
  }

  /** What had arrived while we did not read is delivered before the news of a reset; Node would drop it. */
  #drainPaused(): void {
    for (let chunk = this.#stream.read(); chunk !== null; chunk = this.#stream.read())
      this.#receive(chunk as Buffer)
  }
}
