import type { Socket } from 'node:net'
import { ConnectionResetError } from '../common/errors.ts'
import type { Segment } from '../transport/index.ts'
import type { Carrier, CarrierSink } from './carrier.ts'

/** How long what was written may take to leave after the connection was closed. */
const CLOSE_TIMEOUT_MS = 10_000

/** Carries a connection's bytes on a socket of its own, plain or TLS. Owns the socket. */
export class SocketCarrier implements Carrier {
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  readonly #socket: Socket
  /** What lies under `#socket` when that is TLS: only it can be reset. */
  readonly #raw: Socket
  #sink: CarrierSink | undefined
  #error: Error | undefined

  /** The socket must have been opened with `allowHalfOpen`. */
  constructor(socket: Socket, raw: Socket) {
    this.#socket = socket
    this.#raw = raw
    this.localAddress = raw.localAddress
    this.localPort = raw.localPort
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /** Begins to hand on what is received. */
  start(sink: CarrierSink): void {
    this.#sink = sink
    this.#socket
      .on('data', (chunk: Buffer) => this.#sink?.handleData([chunk], chunk.length))
      .on('end', () => this.#sink?.handleEnd())
      .on('error', (error) => {
        this.#error = error
      })
      .on('close', () => {
        const cause = this.#error
        const text = cause ? `: ${cause.message}` : ''
        this.#sink?.handleBreak(
          new ConnectionResetError(`the connection to the proxy server was lost${text}`, { cause }),
        )
      })
  }

  write(segment: Segment, onWritten: () => void): void {
    const last = segment.chunks.length - 1
    this.#socket.cork()
    for (const [index, chunk] of segment.chunks.entries()) {
      this.#socket.write(chunk, index === last ? () => onWritten() : undefined)
    }
    this.#socket.uncork()
  }

  end(): void {
    this.#socket.end()
  }

  close(reason: string): void {
    this.#sink = undefined
    if (this.#socket.destroyed) return
    if (reason) {
      this.#reset()
      return
    }
    this.#socket.resume()
    this.#socket.destroySoon()
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref()
    this.#socket.once('close', () => clearTimeout(timer))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  ref(): void {
    this.#raw.ref()
  }

  unref(): void {
    this.#raw.unref()
  }

  #reset(): void {
    if (this.#raw.localAddress !== undefined) this.#raw.resetAndDestroy() // a unix socket cannot be reset
    this.#socket.destroy()
  }
}
