import type { Http2Stream } from 'node:http2'
import { frameControlPacket, frameDataHead, frameDataWithUnknown, GRPC_PREFIX_BYTES } from '../wire/encode.ts'
import { GRPC_STATUS, MAX_MESSAGE_BYTES } from '../wire/grpc.ts'
import type { ConnectId, ControlPacket } from '../wire/packet.ts'
import { ProtocolError } from '../wire/protocol-error.ts'
import type { Segment } from './segment-queue.ts'

/** Below this it is cheaper to copy bytes behind their head than to hand the kernel two pieces. */
const COPY_BELOW_BYTES = 2048

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
  #prefix = Buffer.alloc(0)
  #peerEnded = false
  #error: Error | undefined
  #broken = false

  constructor(stream: Http2Stream, maxMessageBytes = MAX_MESSAGE_BYTES) {
    this.#stream = stream
    this.#maxMessageBytes = maxMessageBytes
    stream.on('error', (error) => {
      this.#error = error
    })
    stream.on('close', () => this.#handleClose())
  }

  /** Begins to deliver what the peer sends. */
  start(handler: MessageStreamHandler): void {
    this.#handler = handler
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#stream.on('end', () => this.#handleEnd())
  }

  get closed(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  get writable(): boolean {
    return !this.closed && !this.#stream.writableEnded
  }

  /** Bytes that were written and not yet handed to the network. */
  get queuedBytes(): number {
    return this.#stream.writableLength
  }

  sendControl(packet: ControlPacket): boolean {
    return this.sendFramed(frameControlPacket(packet))
  }

  /** Writes bytes that already carry their gRPC prefix. False when the stream can take no more. */
  sendFramed(bytes: Buffer): boolean {
    if (!this.writable) return false
    this.#stream.write(bytes)
    return true
  }

  /** Writes one DATA packet; `onWritten` is called when its bytes have been handed to the network. */
  sendData(connectId: ConnectId, segment: Segment, onWritten?: () => void): boolean {
    if (!this.writable || segment.length === 0) return false
    if (segment.unknown) {
      this.#stream.write(frameDataWithUnknown(connectId, segment.chunks, segment.unknown), onWritten)
      return true
    }
    const head = frameDataHead(connectId, segment.length)
    if (segment.length < COPY_BELOW_BYTES) {
      this.#stream.write(Buffer.concat([head, ...segment.chunks], head.length + segment.length), onWritten)
      return true
    }
    this.#stream.cork()
    this.#stream.write(head)
    const last = segment.chunks.length - 1
    for (let index = 0; index <= last; index++) {
      this.#stream.write(segment.chunks[index] as Buffer, index === last ? onWritten : undefined)
    }
    this.#stream.uncork()
    return true
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    if (!this.closed) this.#stream.resume()
  }

  /** Ends our side in order, behind everything written. */
  end(): void {
    if (this.writable) this.#stream.end()
  }

  /** Ends the stream at once; `code` is an HTTP/2 error code, CANCEL by default. */
  reset(code = 8): void {
    if (!this.closed) this.#stream.close(code)
  }

  #receive(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0 && !this.#broken) {
      if (this.#missing > 0) {
        const piece = rest.length > this.#missing ? rest.subarray(0, this.#missing) : rest
        this.#pieces.push(piece)
        this.#missing -= piece.length
        rest = rest.subarray(piece.length)
        if (this.#missing === 0) this.#deliver()
      } else {
        rest = this.#readPrefix(rest)
      }
    }
  }

  /** Reads the length prefix, which may itself come in pieces, and returns what is behind it. */
  #readPrefix(chunk: Buffer): Buffer {
    const wanted = GRPC_PREFIX_BYTES - this.#prefix.length
    if (this.#prefix.length > 0 || chunk.length < wanted) {
      this.#prefix = Buffer.concat([this.#prefix, chunk.subarray(0, wanted)])
    }
    const prefix = this.#prefix.length > 0 ? this.#prefix : chunk
    if (prefix.length < GRPC_PREFIX_BYTES) return chunk.subarray(wanted)
    this.#prefix = Buffer.alloc(0)
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
    this.#handler?.onMessage(message)
  }

  #fail(error: ProtocolError): void {
    if (this.#broken) return
    this.#broken = true
    this.#pieces = []
    this.#handler?.onProtocolError(error)
  }

  /** Node also ends the readable side of a stream that was reset, so the code decides what this was. */
  #handleEnd(): void {
    if (this.#stream.rstCode || this.#stream.aborted || this.#stream.destroyed) return
    this.#peerEnded = true
    if (this.#missing > 0 || this.#prefix.length > 0) {
      this.#fail(new ProtocolError('the stream ended in the middle of a message'))
      return
    }
    this.#handler?.onPeerEnd()
  }

  #handleClose(): void {
    const handler = this.#handler
    this.#handler = undefined
    this.#pieces = []
    const resetCode = this.#stream.rstCode ?? 0
    handler?.onClose({
      clean: this.#peerEnded && resetCode === 0,
      resetCode,
      ...(this.#error ? { error: this.#error } : {}),
    })
  }
}
