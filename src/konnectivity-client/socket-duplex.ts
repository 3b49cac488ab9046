import { type AddressInfo, isIP } from 'node:net'
import { Duplex } from 'node:stream'
import { AppError } from '../common/errors.ts'

export type WriteCallback = (error?: Error | null) => void

/** `open`: both ways; `readOnly` and `writeOnly`: one way; `closed`: neither. */
export type TunnelSocketState = 'open' | 'readOnly' | 'writeOnly' | 'closed'

/**
 * A duplex stream with that part of the face of `net.Socket` that is the same for each socket of a tunnel, however it is
 * connected: how it ends, what it says of its addresses, and what has no meaning in a tunnel.
 *
 * As with net.Socket, `close` comes with whether an error came before it.
 */
export abstract class SocketDuplex extends Duplex {
  /** The dialled host, a name or an IP address. */
  abstract readonly remoteAddress: string | undefined
  /** Our end of the connection to the proxy server; undefined when that is a unix socket. */
  abstract readonly localAddress: string | undefined
  abstract readonly localPort: number | undefined
  /** Of the write in progress. */
  protected writeCallback: WriteCallback | undefined
  /** Why the connection was broken off, as soon as it is. */
  protected breakReason: Error | undefined

  constructor(allowHalfOpen: boolean) {
    super({ allowHalfOpen, emitClose: false }) // a stream's own `close` would come without its argument
  }

  /** `IPv4` or `IPv6`; undefined when a name was dialled. */
  get remoteFamily(): 'IPv4' | 'IPv6' | undefined {
    return familyOf(this.remoteAddress)
  }

  get localFamily(): 'IPv4' | 'IPv6' | undefined {
    return familyOf(this.localAddress)
  }

  /** The local address, as `localAddress` and its siblings tell it; empty on a unix socket. */
  address(): AddressInfo | Record<string, never> {
    const { localAddress: address, localPort: port, localFamily: family } = this
    return address !== undefined && port !== undefined && family ? { address, family, port } : {}
  }

  /** Does nothing: no packet waits for a fuller one. */
  setNoDelay(_noDelay?: boolean): this {
    return this
  }

  /** Does nothing: the tunnel keeps the connection to the proxy server alive for all its sockets. */
  setKeepAlive(_enable?: boolean, _initialDelayMs?: number): this {
    return this
  }

  /** Destroys the socket once everything written has been sent. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  override read(size?: number): Buffer | null {
    const chunk = super.read(size)
    if (this.breakReason) this.surfaceBreak()
    return chunk
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.release(error)
    this.finishWrite(error ?? new AppError('ERR_STREAM_DESTROYED', 'the socket was destroyed'))
    callback(error)
    process.nextTick(() => this.emit('close', error !== null)) // behind the error, which is queued by now
  }

  /** Lets go of what is below. */
  protected abstract release(error: Error | null): void

  /** The `readyState` of a connected socket. */
  protected get openWays(): TunnelSocketState {
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  protected finishWrite(error?: Error): void {
    const written = this.writeCallback
    this.writeCallback = undefined
    written?.(error)
  }

  /** Destroys the socket once nothing that was received is left unread. */
  protected surfaceBreak(): void {
    if (this.readableLength === 0 && !this.destroyed) this.destroy(this.breakReason)
  }
}

function familyOf(address: string | undefined): 'IPv4' | 'IPv6' | undefined {
  const version = isIP(address ?? '')
  return version === 0 ? undefined : version === 4 ? 'IPv4' : 'IPv6'
}
