import type { MessageStream, Segment } from '../../src/transport/index.ts'
import type { ConnectId, ControlPacket } from '../../src/wire/index.ts'

export interface SentData {
  readonly type: 'DATA'
  readonly connectId: ConnectId
  readonly bytes: Buffer
}

interface PendingWrite {
  readonly bytes: number
  readonly onWritten: (() => void) | undefined
}

/** A stream whose network takes bytes when the test says so. Packets are in the order in which they leave. */
export class FakeMessageStream {
  readonly sent: (SentData | ControlPacket)[] = []
  writable = true
  queuedBytes = 0
  /** The most that has been under way at once. */
  peakBytes = 0
  readonly #pending: PendingWrite[] = []

  /** What the code under test takes; it uses only what is implemented here. */
  asMessageStream(): MessageStream {
    return this as unknown as MessageStream
  }

  sendControl(packet: ControlPacket, onWritten?: () => void): boolean {
    if (!this.writable) return false
    this.sent.push(packet)
    this.#write({ bytes: 20, onWritten })
    return true
  }

  sendData(connectId: ConnectId, segment: Segment, onWritten?: () => void): boolean {
    if (!this.writable || segment.length === 0) return false
    this.sent.push({ type: 'DATA', connectId, bytes: Buffer.concat(segment.chunks) })
    this.#write({ bytes: segment.length + 20, onWritten })
    return true
  }

  /** The network takes the next `count` writes. */
  flush(count = Number.POSITIVE_INFINITY): void {
    for (let index = 0; index < count && this.#pending.length > 0; index++) {
      const { bytes, onWritten } = this.#pending.shift() as PendingWrite
      this.queuedBytes -= bytes
      onWritten?.()
    }
  }

  /** Everything that was sent for one connection, in words: `'DATA 5'`, `'CLOSE_RSP'`. */
  summary(connectId?: ConnectId): string[] {
    return this.sent
      .filter(
        (packet) => connectId === undefined || ('connectId' in packet && packet.connectId === connectId),
      )
      .map((packet) => (packet.type === 'DATA' ? `DATA ${packet.bytes.length}` : packet.type))
  }

  bytesOf(connectId: ConnectId): Buffer {
    return Buffer.concat(
      this.sent.flatMap((packet) =>
        packet.type === 'DATA' && packet.connectId === connectId ? [packet.bytes] : [],
      ),
    )
  }

  #write(write: PendingWrite): void {
    this.#pending.push(write)
    this.queuedBytes += write.bytes
    this.peakBytes = Math.max(this.peakBytes, this.queuedBytes)
  }
}
