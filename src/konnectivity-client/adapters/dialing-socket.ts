import { SocketDuplex, type TunnelSocketState, type WriteCallback } from '../socket-duplex.ts'
import type { TunnelSocket } from '../tunnel-socket.ts'

/** Must leave half-closing to this socket: it may still hold writes when the peer ends. */
type Dial = (options: { signal: AbortSignal; allowHalfOpen: true }) => Promise<TunnelSocket>

/**
 * A socket that is there before its dial is answered, as that of `net.connect` is: it can be destroyed and timed out
 * meanwhile, which gives the dial up, and it keeps what is written until then. Once connected it is the face of the
 * TunnelSocket it owns, and breaks off as that does: with its error, after the bytes that had been received were read.
 */
export class DialingSocket extends SocketDuplex {
  readonly #abort = new AbortController()
  #socket: TunnelSocket | undefined
  /** What waits for the connection: a write, an end. */
  #onceConnected: ((socket: TunnelSocket) => void) | undefined
  #unreferenced = false
  #timeoutMs = 0
  /** Runs until the TunnelSocket has taken the timeout over. */
  #dialTimer: NodeJS.Timeout | undefined

  constructor(dial: Dial) {
    super(false)
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
    return this.connecting ? 'opening' : this.openWays
  }

  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress
  }

  get remotePort(): number | undefined {
    return this.#socket?.remotePort
  }

  get localAddress(): string | undefined {
    return this.#socket?.localAddress
  }

  get localPort(): number | undefined {
    return this.#socket?.localPort
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

  /** Destroys the socket and breaks the connection off at the target, where the peers can; emits no error here. */
  resetAndDestroy(): this {
    this.#socket?.resetAndDestroy()
    return this.destroy()
  }

  override _read(): void {
    this.#socket?.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.writeCallback = callback
    this.#whenConnected((socket) => socket.write(chunk, this.#handleWritten))
  }

  override _writev(chunks: readonly { chunk: Buffer }[], callback: WriteCallback): void {
    this.writeCallback = callback
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

  protected override release(error: Error | null): void {
    clearTimeout(this.#dialTimer)
    this.#onceConnected = undefined
    this.#abort.abort(error ?? undefined)
    this.#socket?.destroy(error ?? undefined)
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
      this.breakReason = error
      this.surfaceBreak()
    })
    socket.once('close', () => {
      if (!this.breakReason && !socket.readableEnded) this.destroy()
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
    if (!error) this.finishWrite()
  }
}
