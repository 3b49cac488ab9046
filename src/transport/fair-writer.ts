import { MAX_DATA_BYTES } from '../wire/grpc.ts'
import type { ConnectId, ControlPacket, PacketTypeName } from '../wire/packet.ts'
import type { MessageStream } from './message-stream.ts'
import type { Segment } from './segment-queue.ts'

/** How much may lie between us and the network: enough to keep it busy, little enough to keep a new packet's wait short. */
export const WRITE_BUDGET_BYTES = 256 * 1024

/** A connection with something to send, as the writer sees it. */
export interface SendFlow {
  /** Sends one turn's worth, at most `maxBytes` of payload. */
  transmit(maxBytes: number): void
  /** True while another turn could send something. */
  readonly ready: boolean
}

/**
 * Shares one stream among its connections: control packets go at once, DATA in turns of equal size, round robin. It
 * keeps at most `WRITE_BUDGET_BYTES` between itself and the network, so that turns are decided late.
 */
export class FairWriter {
  readonly stream: MessageStream
  #turns: SendFlow[] = []
  readonly #queued = new Set<SendFlow>()
  #pumping = false

  readonly #onSent: (type: PacketTypeName) => void
  readonly #onLeft: ((chunks: readonly Buffer[]) => void) | undefined

  /** `onSent` is told of every packet that was written, `onLeft` of the bytes of DATA whose memory is free again. */
  constructor(
    stream: MessageStream,
    onSent: (type: PacketTypeName) => void = () => {},
    onLeft?: (chunks: readonly Buffer[]) => void,
  ) {
    this.stream = stream
    this.#onSent = onSent
    this.#onLeft = onLeft
  }

  /** True when the network is behind and a sender has to wait for its turn. */
  get congested(): boolean {
    return this.#queued.size > 0 || this.stream.queuedBytes >= WRITE_BUDGET_BYTES
  }

  /** Sends a packet that overtakes queued DATA. False when the stream is gone. */
  sendControl(packet: ControlPacket): boolean {
    const sent = this.stream.sendControl(packet, this.pump) // turns may be waiting for nothing but control packets to leave
    if (sent) this.#onSent(packet.type)
    return sent
  }

  /** Sends DATA whose turn it is. */
  sendData(connectId: ConnectId, segment: Segment): void {
    const onLeft = this.#onLeft
    const onWritten = onLeft
      ? () => {
          onLeft(segment.chunks)
          this.pump()
        }
      : this.pump
    if (this.stream.sendData(connectId, segment, onWritten)) this.#onSent('DATA')
  }

  /** Gives `flow` a turn as soon as there is room. */
  schedule(flow: SendFlow): void {
    if (this.#queued.has(flow)) return
    this.#queued.add(flow)
    this.#turns.push(flow)
    this.pump()
  }

  /** To be called whenever written bytes have left. */
  readonly pump = (): void => {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#turns.length > 0 && this.stream.queuedBytes < WRITE_BUDGET_BYTES && this.stream.writable) {
        const round = this.#turns
        this.#turns = []
        for (let index = 0; index < round.length; index++) {
          if (this.stream.queuedBytes >= WRITE_BUDGET_BYTES) {
            this.#turns = round.slice(index).concat(this.#turns)
            return
          }
          this.#turn(round[index] as SendFlow)
        }
      }
    } finally {
      this.#pumping = false
    }
  }

  #turn(flow: SendFlow): void {
    this.#queued.delete(flow)
    flow.transmit(MAX_DATA_BYTES)
    if (flow.ready && !this.#queued.has(flow)) {
      this.#queued.add(flow)
      this.#turns.push(flow)
    }
  }
}
