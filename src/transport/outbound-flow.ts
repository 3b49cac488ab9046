import { MAX_DATA_BYTES } from '../wire/grpc.ts'
import type { ConnectId, ControlPacket } from '../wire/packet.ts'
import { ProtocolError } from '../wire/protocol-error.ts'
import type { FairWriter, SendFlow } from './fair-writer.ts'
import { type Segment, SegmentQueue } from './segment-queue.ts'

/** Past this many queued bytes the source of a connection is asked to wait. */
export const SEND_QUEUE_HIGH_BYTES = 128 * 1024

export interface OutboundFlowOptions {
  /** What the peer takes before it has granted more; undefined toward a peer that does not speak of credit. */
  readonly windowBytes: number | undefined
  /** The queue has room again after `send` returned false. */
  readonly onDrain: () => void
}

/**
 * What one connection still has to send on a stream that it shares: bytes, then at most one closing packet.
 *
 * Invariant: packets of one connection leave in the order of the calls; nothing leaves after the closing packet;
 * no more DATA is under way than the peer has granted. Owns no timer and no socket.
 */
export class OutboundFlow implements SendFlow {
  readonly connectId: ConnectId
  readonly #writer: FairWriter
  readonly #onDrain: () => void
  readonly #windowBytes: number | undefined
  readonly #queue = new SegmentQueue()
  #credit: number
  #sourceWaits = false
  #trailing: ControlPacket[] = []

  constructor(writer: FairWriter, connectId: ConnectId, options: OutboundFlowOptions) {
    this.#writer = writer
    this.connectId = connectId
    this.#onDrain = options.onDrain
    this.#windowBytes = options.windowBytes
    this.#credit = options.windowBytes ?? Number.POSITIVE_INFINITY
  }

  get queuedBytes(): number {
    return this.#queue.bytes
  }

  /** True when what is queued must wait for the peer's credit, that is, for the far reader. */
  get blocked(): boolean {
    return this.#queue.bytes > 0 && this.#credit === 0
  }

  get ready(): boolean {
    return this.#queue.bytes > 0 ? this.#credit > 0 : this.#trailing.length > 0
  }

  /** Queues bytes. False asks the source to wait until `onDrain`. */
  send(segment: Segment): boolean {
    if (
      this.#queue.bytes === 0 &&
      segment.length <= Math.min(this.#credit, MAX_DATA_BYTES) &&
      !this.#writer.congested
    ) {
      this.#write(segment)
      return true
    }
    this.#queue.push(segment)
    if (this.ready) this.#writer.schedule(this)
    if (this.#queue.bytes < SEND_QUEUE_HIGH_BYTES) return true
    this.#sourceWaits = true
    return false
  }

  /** Sends a packet behind everything queued. */
  sendBehind(packet: ControlPacket): void {
    if (this.#queue.bytes === 0 && this.#trailing.length === 0) {
      this.#writer.sendControl(packet)
      return
    }
    this.#trailing.push(packet)
  }

  /**
   * Drops what is queued. A closing packet that waited behind it goes at once, with `error` where one is given; a
   * HALF_CLOSE does not, since what it would end has not been sent.
   */
  discard(error = ''): void {
    this.#queue.clear()
    this.#trailing = this.#trailing.flatMap((packet) => {
      if (packet.type === 'HALF_CLOSE') return []
      const closes = packet.type === 'CLOSE_REQ' || packet.type === 'CLOSE_RSP'
      return closes && error !== '' ? { ...packet, error } : packet
    })
    this.#flushTrailing()
  }

  /** Drops everything: the peer does not know the connection any more. */
  forget(): void {
    this.#queue.clear()
    this.#trailing = []
  }

  /**
   * The peer has consumed `bytes`.
   *
   * @throws ProtocolError when it returns more than it was sent
   */
  grant(bytes: number): void {
    const credit = this.#credit + bytes
    if (this.#windowBytes === undefined || bytes <= 0 || credit > this.#windowBytes) {
      throw new ProtocolError(`credit of ${bytes} bytes overflows the window of connection ${this.connectId}`)
    }
    this.#credit = credit
    if (this.ready) this.#writer.schedule(this)
  }

  transmit(maxBytes: number): void {
    const segment = this.#queue.take(Math.min(maxBytes, this.#credit))
    if (segment) this.#write(segment)
    if (this.#queue.bytes === 0) this.#flushTrailing()
    if (this.#sourceWaits && this.#queue.bytes < SEND_QUEUE_HIGH_BYTES / 2) {
      this.#sourceWaits = false
      this.#onDrain()
    }
  }

  #write(segment: Segment): void {
    this.#credit -= segment.length
    this.#writer.sendData(this.connectId, segment)
  }

  #flushTrailing(): void {
    const trailing = this.#trailing
    this.#trailing = []
    for (const packet of trailing) this.#writer.sendControl(packet)
  }
}
