import { AppError, errorMessage } from '../common/errors.ts'
import { SegmentQueue, toSegment, WRITE_BUDGET_BYTES } from '../transport/index.ts'
import { MAX_DATA_BYTES } from '../wire/index.ts'
import type { Carrier } from './carrier.ts'
import type { HostPort } from './host-port.ts'
import { SocketDuplex, type TunnelSocketState, type WriteCallback } from './socket-duplex.ts'

const LARGE_WRITE_BYTES = 32 * 1024

/**
 * One connection through a tunnel, with the face of a connected `net.Socket`.
 *
 * `end()` closes our direction behind everything written, where the peers can (docs/protocol.md, half-close); otherwise it
 * asks for the whole connection to be closed, and what the target has sent until then still arrives. A connection that was
 * broken off is destroyed with an error of code `ECONNRESET`, after the bytes that had been received were read, and never
 * looks like a clean end. `destroy(error)` breaks the connection off at the target, too.
 */
export class TunnelSocket extends SocketDuplex {
  readonly remoteAddress: string
  /** The dialled port. */
  readonly remotePort: number
  /** Always false: a dialled socket is connected. */
  readonly connecting = false
  readonly pending = false
  readonly #carrier: Carrier
  /** What the write in progress has not handed over yet. */
  readonly #unsent = new SegmentQueue()
  /** The size of the write in progress. */
  #writing = 0
  #paused = false
  #peerClosed = false
  #resetReason = ''
  #bytesRead = 0
  #bytesWritten = 0
  #idleTimer: NodeJS.Timeout | undefined
  #timeoutMs: number | undefined

  /** @internal */
  constructor(carrier: Carrier, remote: HostPort, allowHalfOpen = false) {
    super(allowHalfOpen)
    this.#carrier = carrier
    this.remoteAddress = remote.host
    this.remotePort = remote.port
  }

  get localAddress(): string | undefined {
    return this.#carrier.localAddress
  }

  get localPort(): number | undefined {
    return this.#carrier.localPort
  }

  get readyState(): TunnelSocketState {
    return this.openWays
  }

  /** Bytes received so far, read or not. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Bytes that were accepted for sending so far. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength
  }

  /** The idle timeout in milliseconds; undefined when there is none. */
  get timeout(): number | undefined {
    return this.#timeoutMs
  }

  /**
   * Emits `timeout` after so many milliseconds without a byte either way; 0 turns it off. The socket stays open, as with
   * net.Socket.
   */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    clearTimeout(this.#idleTimer)
    this.#timeoutMs = timeoutMs > 0 ? timeoutMs : undefined
    this.#idleTimer = undefined
    if (timeoutMs > 0) {
      this.#idleTimer = setTimeout(emitTimeout, timeoutMs, this).unref()
      if (onTimeout) this.once('timeout', onTimeout)
    } else if (onTimeout) {
      this.removeListener('timeout', onTimeout)
    }
    return this
  }

  ref(): this {
    this.#carrier.ref()
    return this
  }

  unref(): this {
    this.#carrier.unref()
    return this
  }

  /** Destroys the socket and breaks the connection off at the target, where the peers can; emits no error here. */
  resetAndDestroy(): this {
    this.#resetReason = 'connection reset by the frontend'
    return this.destroy()
  }

  override _read(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#carrier.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    if (this.#mayHandOver(chunk)) {
      this.#writing += chunk.length
      this.#carrier.write(toSegment(chunk), this.#handleWritten)
    } else {
      this.#enqueue(chunk)
    }
    this.#startWrite(callback)
  }

  override _writev(chunks: readonly { chunk: Buffer }[], callback: WriteCallback): void {
    for (const { chunk } of chunks) this.#enqueue(chunk)
    this.#startWrite(callback)
  }

  override _final(callback: WriteCallback): void {
    if (this.breakReason) return // it will destroy the socket
    if (!this.#peerClosed) this.#carrier.end()
    callback()
  }

  protected override release(error: Error | null): void {
    clearTimeout(this.#idleTimer)
    this.#unsent.clear()
    this.#carrier.close(this.#resetReason || (error ? errorMessage(error) : ''))
  }

  /** @internal */
  handleData(chunks: readonly Buffer[], length: number): void {
    if (this.readableEnded || this.destroyed || this.#peerClosed) return
    this.#bytesRead += length
    this.#idleTimer?.refresh()
    let wanted = true
    for (const chunk of chunks) wanted = this.push(chunk)
    if (wanted || this.#paused) return
    this.#paused = true
    this.#carrier.pause()
  }

  /** @internal */
  handleEnd(): void {
    this.push(null)
  }

  /** @internal */
  handleClosed(): void {
    this.#peerClosed = true
    this.push(null)
    if (this.#unsent.bytes > 0) this.#failWrites()
  }

  /** @internal */
  handleBreak(error: Error): void {
    this.breakReason ??= error
    // Not at once: whoever awaits the dial has not had the chance to listen for errors yet.
    setImmediate(() => this.surfaceBreak())
  }

  /** A write that needs no queue: it fits into one packet, and the network has room for it. */
  #mayHandOver({ length }: Buffer): boolean {
    return (
      length > 0 &&
      length <= MAX_DATA_BYTES &&
      this.#carrier.queuedBytes < WRITE_BUDGET_BYTES &&
      !this.#peerClosed &&
      !this.breakReason
    )
  }

  #enqueue(chunk: Buffer): void {
    if (chunk.length === 0) return // DATA without bytes would be the end to a Go peer
    this.#unsent.push(toSegment(chunk))
    this.#writing += chunk.length
  }

  #startWrite(callback: WriteCallback): void {
    this.writeCallback = callback
    if (this.#peerClosed) this.#failWrites()
    else if (this.breakReason && this.readableFlowing === null)
      this.destroy(this.breakReason) // no one will ever read
    else this.#pump()
  }

  /**
   * Hands over so much that the network is kept busy, and no more, so that little is left to send on `destroy`. A large
   * write is done while some of it still waits, or the network would idle until the next one; a small one is done when it
   * has left, so that those after it gather and leave together.
   */
  readonly #pump = (): void => {
    if (this.breakReason || this.destroyed) return
    while (this.#unsent.bytes > 0 && this.#carrier.queuedBytes < WRITE_BUDGET_BYTES) {
      const segment = this.#unsent.take(MAX_DATA_BYTES)
      if (!segment) break
      this.#carrier.write(segment, this.#handleWritten)
    }
    const mayWait = this.#writing < LARGE_WRITE_BYTES ? 0 : WRITE_BUDGET_BYTES / 2
    if (this.#unsent.bytes > 0 || this.#carrier.queuedBytes > mayWait) return
    this.#bytesWritten += this.#writing
    this.#writing = 0
    this.finishWrite()
  }

  readonly #handleWritten = (): void => {
    this.#idleTimer?.refresh()
    this.#pump()
  }

  #failWrites(): void {
    this.breakReason ??= new AppError('EPIPE', 'write EPIPE: the connection was closed by the peer')
    this.surfaceBreak()
  }
}

function emitTimeout(socket: TunnelSocket): void {
  socket.emit('timeout')
}
