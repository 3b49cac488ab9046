import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { AppError } from '../../common/errors.ts'
import type { TunnelSocket, TunnelSocketState } from '../tunnel-socket.ts'

type WriteCallback = (error?: Error | null) => void

/** Must leave half-closing to this socket: it may still hold writes when the peer ends. */
type Dial = (options: { signal: AbortSignal; allowHalfOpen: true }) => Promise<TunnelSocket>

/**
 * A socket that is there before its dial is answered, as that of `net.connect` is: it can be destroyed and timed out
 * meanwhile, which gives the dial up, and it keeps what is written until then. Once connected it is the face of the
 * TunnelSocket it owns, and breaks off as that does: with its error, after the bytes that had been received were read.
 */
export class DialingSocket extends Duplex {
  readonly #abort = new AbortController()
  #socket: TunnelSocket | undefined
  /** What waits for the connection: a write, an end. */
  #onceConnected: ((socket: TunnelSocket) => void) | undefined
  #writeCallback: WriteCallback | undefined
  #breakReason: Error | undefined
  #unreferenced = false
  #timeoutMs = 0
  /** Runs until the TunnelSocket has taken the timeout over. */
  #dialTimer: NodeJS.Timeout | undefined

  constructor(dial: Dial) {
    super({ allowHalfOpen: false })
    dial({ signal: this.#abort.signal, allowHalfOpen: true }).then(
      (socket) => this.#connect(socket),
      (error) => this.destroy(error),
    )
  }

  get connecting(): boolean {
    return !this.#socket && !this.destroyed
  }

  get pending(): boolean {
    return !this.#socket
  }

  get readyState(): TunnelSocketState | 'opening' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#socket?.remotePort
  }

  get remoteFamily(): 'IPv4' | 'IPv6' | undefined {
    return this.#socket?.remoteFamily
  }

  get localAddress(): string | undefined {
    return this.#socket?.localAddress
  }

  get localPort(): number | undefined {
    return this.#socket?.localPort
  }

  get localFamily(): 'IPv4' | 'IPv6' | undefined {
    return this.#socket?.localFamily
  }

  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0
  }

  get bytesWritten(): number {
    return this.#socket?.bytesWritten ?? 0
  }

  get timeout(): number | undefined {
    return this.#timeoutMs || undefined
  }

  address(): AddressInfo | Record<string, never> {
    return this.#socket?.address() ?? {}
  }

  /** As for net.Socket: time without a byte either way, that of connecting included. */
  setTimeout(timeoutMs: number, onTimeout?: () => void): this {
    this.#timeoutMs = timeoutMs > 0 ? timeoutMs : 0
    if (onTimeout && timeoutMs > 0) this.once('timeout', onTimeout)
    else if (onTimeout) this.removeListener('timeout', onTimeout)
    clearTimeout(this.#dialTimer)
    if (this.#socket) this.#socket.setTimeout(this.#timeoutMs)
    else if (this.#timeoutMs > 0 && !this.destroyed)
      this.#dialTimer = setTimeout(() => this.emit('timeout'), timeoutMs).unref()
    return this
  }

  /** Does nothing, as that of a TunnelSocket. */
  setNoDelay(_noDelay?: boolean): this {
    return this
  }

  /** Does nothing, as that of a TunnelSocket. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
    return this
  }

  ref(): this {
    this.#unreferenced = false
    this.#socket?.ref()
    return this
  }

  unref(): this {
    this.#unreferenced = true
    this.#socket?.unref()
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
    this.#socket?.resetAndDestroy()
    return this.destroy()
  }

  override read(size?: number): Buffer | null {
    const chunk = super.read(size)
    if (this.#breakReason) this.#surfaceBreak()
    return chunk
  }

  override _read(): void {
    this.#socket?.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#writeCallback = callback
    this.#whenConnected((socket) => socket.write(chunk, this.#handleWritten))
  }

  override _writev(chunks: readonly { chunk: Buffer }[], callback: WriteCallback): void {
    this.#writeCallback = callback
    this.#whenConnected((socket) => {
      socket.cork()
      chunks.forEach(({ chunk }, index) => {
        if (index < chunks.length - 1) socket.write(chunk)
        else socket.write(chunk, this.#handleWritten)
      })
      socket.uncork()
    })
  }

  override _final(callback: WriteCallback): void {
    this.#whenConnected((socket) => socket.once('finish', callback).end())
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#dialTimer)
    this.#onceConnected = undefined
    this.#abort.abort(error ?? undefined)
    this.#socket?.destroy(error ?? undefined)
    const written = this.#writeCallback
    this.#writeCallback = undefined
    written?.(error ?? new AppError('ERR_STREAM_DESTROYED', 'the socket was destroyed'))
    callback(error)
  }

  #connect(socket: TunnelSocket): void {
    if (this.destroyed) {
      socket.destroy()
      return
    }
    this.#socket = socket
    clearTimeout(this.#dialTimer)
    if (this.#timeoutMs > 0) socket.setTimeout(this.#timeoutMs)
    if (this.#unreferenced) socket.unref()
    socket.on('timeout', () => this.emit('timeout'))
    socket.on('data', (chunk) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.once('end', () => this.push(null))
    socket.on('error', (error) => {
      this.#breakReason = error
      this.#surfaceBreak()
    })
    socket.once('close', () => {
      if (!this.#breakReason && !socket.readableEnded) this.destroy()
    })
    const work = this.#onceConnected
    this.#onceConnected = undefined
    work?.(socket)
    this.emit('connect')
    this.emit('ready')
  }

  #whenConnected(work: (socket: TunnelSocket) => void): void {
    if (this.#socket) work(this.#socket)
    else this.#onceConnected = work
  }

  /** A write that failed is told when the socket is destroyed for it, which may have to wait for what is unread. */
  readonly #handleWritten = (error?: Error | null): void => {
    if (error) return
    const callback = this.#writeCallback
    this.#writeCallback = undefined
    callback?.()
  }

  /** Destroys the socket once nothing that was received is left unread. */
  #surfaceBreak(): void {
    if (this.readableLength === 0 && !this.destroyed) this.destroy(this.#breakReason)
  }
}
