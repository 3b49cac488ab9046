import net from 'node:net'
import type { ReadBuffers } from './read-buffers.ts'

type BytesListener = (bytes: Buffer) => void

/**
 * A socket to a target that reads into shared memory: it has no 'data' events, `onBytes` is told instead. Paused until
 * `resume`. Half-closes only when told to.
 */
export class TargetSocket extends net.Socket {
  /** Takes what was read; what it is given stays valid. */
  onBytes: BytesListener

  constructor(buffers: ReadBuffers) {
    const reader: { deliver: BytesListener } = { deliver: () => {} }
    super({
      allowHalfOpen: true,
      onread: {
        buffer: buffers.shared,
        callback: (length) => {
          reader.deliver(buffers.keep(length))
          return true
        },
      },
    })
    this.onBytes = () => {}
    reader.deliver = (bytes) => this.onBytes(bytes)
    this.pause()
  }
}
