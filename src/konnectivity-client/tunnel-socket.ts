import { type AddressInfo, isIP } from 'node:net'
import { Duplex } from 'node:stream'
import { AppError, errorMessage } from '../common/errors.ts'
import { SegmentQueue, toSegment, WRITE_BUDGET_BYTES } from '../transport/index.ts'
import { MAX_DATA_BYTES } from '../wire/index.ts'
import type { Carrier } from './carrier.ts'
import type { HostPort } from './host-port.ts'

const LARGE_WRITE_BYTES = 32 * 1024

type WriteCallback = (error?: Error | null) => void

/** `open`: both ways; `readOnly` and `writeOnly`: one way; `closed`: neither. */
export type TunnelSocketState = 'open' | 'readOnly' | 'writeOnly' | 'closed'

/**
 * One connection through a tunnel, with the face of a connected `net.Socket`.
 *
 * `end()` closes our direction behind everything written, where the peers can (docs/protocol.md, half-close); otherwise it
 * asks for the whole connection to be closed, and what the target has sent until then still arrives. A connection that was
 * broken off is destroyed with an error of code `ECONNRESET`, after the bytes that had been received were read, and never
 * looks like a clean end. `destroy(error)` breaks the connection off at the target, too.
 */
export class TunnelSocket extends Duplex {
  /** The dialled host, a name or an IP address. */
  readonly remoteAddress: string
  /** The dialled port. */
  readonly remotePort: number
  /** `IPv4` or `IPv6`; undefined when a name was dialled. */
  readonly remoteFamily: 'IPv4' | 'IPv6' | undefined
  /** Always false: a dialled socket is connected. */
  readonly connecting = false
  readonly pending = false
  readonly #carrier: Carrier
  /** What the write in progress has not handed over yet. */
  readonly #unsent = new SegmentQueue()
  /** The size of the write in progress. */
  #writing = 0
  #writeCallback: WriteCallback | undefined
  #paused = false
  #peerClosed = false
  #breakReason: Error | undefined
  #resetReason = ''
  #bytesRead = 0
  #bytesWritten = 0
  #idleTimer: NodeJS.Timeout | undefined
  #timeoutMs: number | undefined

  /** @internal */
  constructor(carrier: Carrier, remote: HostPort, allowHalfOpen = false) {
    super({ allowHalfOpen })
    this.#carrier = carrier
    this.remoteAddress = remote.host
    this.remotePort = remote.port
    const version = isIP(remote.host)
    this.remoteFamily = version === 0 ? undefined : version === 4 ? 'IPv4' : 'IPv6'
  }

  /** Our end of the connection to the proxy server; undefined when that is a unix socket. */
  get localAddress(): string | undefined {
    return this.#carrier.localAddress
  }

  get localPort(): number | undefined {
    return this.#carrier.localPort
  }

  get localFamily(): 'IPv4' | 'IPv6' | undefined {
    const version = isIP(this.localAddress ?? '')
    return version === 0 ? undefined : version === 4 ? 'IPv4' : 'IPv6'
  }

  get readyState(): TunnelSocketState {
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
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

  /** The local address, as `localAddress` and its siblings tell it; empty on a unix socket. */
  address(): AddressInfo | Record<string, never> {
    const { localAddress: address, localPort: port, localFamily: family } = this
    return address !== undefined && port !== undefined && family ? { address, family, port } : {}
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

  /** Does nothing: no packet waits for a fuller one. */
  setNoDelay(_noDelay?: boolean): this {
    return this
  }

  /** Does nothing: the tunnel keeps the connection to the proxy server alive for all its sockets. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
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

  /** Destroys the socket once everything written has been sent. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Destroys the socket and breaks the connection off at the target, where the peers can; emits no error here. */
  resetAndDestroy(): this {
    this.#resetReason = 'connection reset by the frontend'
    return this.destroy()
  }

  override read(size?: number): Buffer | null {
    const chunk = super.read(size)
    if (this.#breakReason) this.#surfaceBreak()
    return chunk
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
    if (this.#breakReason) return // it will destroy the socket
    if (!this.#peerClosed) this.#carrier.end()
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#idleTimer)
    this.#unsent.clear()
    this.#carrier.close(this.#resetReason || (error ? errorMessage(error) : ''))
    const written = this.#writeCallback
    this.#writeCallback = undefined
    written?.(error ?? new AppError('ERR_STREAM_DESTROYED', 'the socket was destroyed'))
    callback(error)
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
    this.#breakReason ??= error
    // Not at once: whoever awaits the dial has not had the chance to listen for errors yet.
    setImmediate(() => this.#surfaceBreak())
  }

  /** A write that needs no queue: it fits into one packet, and the network has room for it. */
  #mayHandOver({ length }: Buffer): boolean {
    return (
      length > 0 &&
      length <= MAX_DATA_BYTES &&
      this.#carrier.queuedBytes < WRITE_BUDGET_BYTES &&
      !this.#peerClosed &&
      !this.#breakReason
    )
  }

  #enqueue(chunk: Buffer): void {
    if (chunk.length === 0) return // DATA without bytes would be the end to a Go peer
    this.#unsent.push(toSegment(chunk))
    this.#writing += chunk.length
  }

  #startWrite(callback: WriteCallback): void {
    this.#writeCallback = callback
    if (this.#peerClosed) this.#failWrites()
    else if (this.#breakReason && this.readableFlowing === null)
      this.destroy(this.#breakReason) // no one will ever read
    else this.#pump()
  }

  /**
   * Hands over so much that the network is kept busy, and no more, so that little is left to send on `destroy`. A large
   * write is done while some of it still waits, or the network would idle until the next one; a small one is done when it
   * has left, so that those after it gather and leave together.
   */
  readonly #pump = (): void => {
    if (this.#breakReason || this.destroyed) return
    while (this.#unsent.bytes > 0 && this.#carrier.queuedBytes < WRITE_BUDGET_BYTES) {
      const segment = this.#unsent.take(MAX_DATA_BYTES)
      if (!segment) break
      this.#carrier.write(segment, this.#handleWritten)
    }
    const mayWait = this.#writing < LARGE_WRITE_BYTES ? 0 : WRITE_BUDGET_BYTES / 2
    if (this.#unsent.bytes > 0 || this.#carrier.queuedBytes > mayWait) return
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    this.#bytesWritten += this.#writing
    this.#writing = 0
    callback?.()
  }

  readonly #handleWritten = (): void => {
    this.#idleTimer?.refresh()
    this.#pump()
  }

  #failWrites(): void {
    this.#breakReason ??= new AppError('EPIPE', 'write EPIPE: the connection was closed by the peer')
    this.#surfaceBreak()
  }

  /** Destroys the socket once nothing that was received is left unread. */
  #surfaceBreak(): void {
    if (this.readableLength === 0 && !this.destroyed) this.destroy(this.#breakReason)
  }
}

function emitTimeout(socket: TunnelSocket): void {
  socket.emit('timeout')
}
