import { Duplex } from 'node:stream'
import type { SpdyHeaders } from './header-codec.ts'

/** What a stream asks of its connection. */
export interface StreamLink {
  /** Calls back when there is room for more. */
  sendData(data: Buffer, isLast: boolean, callback: (error?: Error | null) => void): void
  sendReset(): void
  /** So many bytes that came are not kept any more. */
  onConsumed(bytes: number): void
  onClose(): void
}

/** A stream that the peer has opened. Both directions end on their own; `destroy` resets it where one has not ended. */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: SpdyHeaders
  readonly #link: StreamLink
  #queue: Buffer[] = []
  #hasRoom = false
  #peerHasEnded = false
  #isReset = false

  constructor(id: number, headers: SpdyHeaders, link: StreamLink) {
    super()
    this.id = id
    this.headers = headers
    this.#link = link
  }

  /** The first value of a header; empty where it is not there. */
  header(name: string): string {
    return this.headers.get(name)?.[0] ?? ''
  }

  /** What the peer has sent. */
  receive(data: Buffer, isLast: boolean): void {
    if (this.destroyed || this.#peerHasEnded) this.#link.onConsumed(data.length)
    else if (data.length > 0) this.#queue.push(data)
    this.#peerHasEnded ||= isLast
    this.#flow()
  }

  /** The peer wants no more of it. */
  receiveReset(): void {
    this.#isReset = true
    this.destroy()
  }

  override _read(): void {
    this.#hasRoom = true
    this.#flow()
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#link.sendData(chunk, false, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#link.sendData(Buffer.alloc(0), true, callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const queued = this.#queue.reduce((sum, each) => sum + each.length, 0)
    this.#queue = []
    this.#link.onConsumed(queued)
    if (!this.#isReset && !(this.#peerHasEnded && this.writableFinished)) this.#link.sendReset()
    this.#link.onClose()
    callback(error)
  }

  #flow(): void {
    while (this.#hasRoom) {
      const data = this.#queue.shift()
      if (!data) break
      this.#hasRoom = this.push(data)
      this.#link.onConsumed(data.length)
    }
    if (this.#peerHasEnded && this.#queue.length === 0 && !this.destroyed && !this.readableEnded)
      this.push(null)
  }
}
