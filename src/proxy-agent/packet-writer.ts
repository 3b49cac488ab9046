import { FairWriter, type MessageStream } from '../transport/index.ts'
import type { ControlPacket } from '../wire/index.ts'

/** A FairWriter that tells of every control packet that it has written. */
export class PacketWriter extends FairWriter {
  readonly #onWritten: (packet: ControlPacket) => void

  /** `onLeft` is told of the bytes of DATA whose memory is free again. */
  constructor(
    stream: MessageStream,
    onWritten: (packet: ControlPacket) => void,
    onLeft: (chunks: readonly Buffer[]) => void,
  ) {
    super(stream, undefined, onLeft)
    this.#onWritten = onWritten
  }

  override sendControl(packet: ControlPacket): boolean {
    const written = super.sendControl(packet)
    if (written) this.#onWritten(packet)
    return written
  }
}
