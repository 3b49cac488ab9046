import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { SEND_QUEUE_HIGH_BYTES, type Segment, toSegment } from '../transport/index.ts'
import { CONNECTION_ESTABLISHED, connectFailureResponse } from './connect-response.ts'
import type { Connection } from './connection.ts'
import { DIAL_TIMED_OUT, type DialFailure } from './dial-failure.ts'
import type { Dialer } from './dialer.ts'
import type { Frontend } from './frontend.ts'
import { Linger } from './linger.ts'

/** How long the last bytes may be on their way before a reset, which throws away what has not arrived, in ms. */
const FLIGHT_MS = 500

/**
 * How long a dial may take once its client cannot be seen any more, in ms: one that has ended its side may have gone
 * altogether, and one that is not read, having sent so much, cannot be heard ending.
 */
const UNSEEN_DIAL_MS = 30_000

type State = 'dialing' | 'established' | 'closed'

/** A frontend that has sent `CONNECT host:port`: from the 200 on, its socket is the connection. Owns the socket. */
export class ConnectFrontend implements Frontend {
  readonly kind = 'http-connect'
  readonly canHalfClose = true
  readonly readsAfterClose = true
  readonly #socket: Socket
  readonly #reset: () => void
  readonly #onEnded: () => void
  #state: State = 'dialing'
  #withdrawDial = () => {}
  #connection: Connection | undefined
  /** What the client sent behind its request head, before there was a connection. */
  #early: Buffer[] = []
  #earlyBytes = 0
  #clientFinished = false
  #unseenTimer: NodeJS.Timeout | undefined
  readonly #linger = new Linger()
  #sentAt = Number.NEGATIVE_INFINITY
  #flightTimer: NodeJS.Timeout | undefined

  /** `reset` ends the client's connection so that it cannot be taken for a clean end. */
  constructor(socket: Socket, options: { reset: () => void; onEnded: () => void }) {
    this.#socket = socket
    this.#reset = options.reset
    this.#onEnded = options.onEnded
  }

  /** Dials `address`; `head` is what the client has sent behind the request head already. */
  start(dialer: Dialer, address: string, head: Buffer): void {
    const socket = this.#socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#handleEnd())
    socket.on('error', () => {}) // 'close' always follows
    socket.on('close', () => this.#handleClose())
    if (head.length > 0) this.#receive(head)
    const random = randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn
    this.#withdrawDial = dialer.dial({ type: 'DIAL_REQ', protocol: 'tcp', address, random }, this)
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  write(segment: Segment, onWritten: () => void): void {
    const { chunks } = segment
    this.#sentAt = performance.now()
    if (chunks.length === 1) {
      this.#socket.write(chunks[0] as Buffer, onWritten)
      return
    }
    this.#socket.cork()
    for (let index = 0; index < chunks.length; index++) {
      this.#socket.write(chunks[index] as Buffer, index === chunks.length - 1 ? onWritten : undefined)
    }
    this.#socket.uncork()
  }

  onConnected(connection: Connection): void {
    this.#state = 'established'
    this.#connection = connection
    clearTimeout(this.#unseenTimer)
    // kube-apiserver wants nothing but the head in what it reads first.
    connection.hold()
    this.#socket.write(CONNECTION_ESTABLISHED, () => connection.release())
    this.resumeSource()
    const early = this.#early
    this.#early = []
    for (const chunk of early) this.#pass(chunk)
    if (this.#clientFinished) connection.finishSending()
  }

  onDialFailed(failure: DialFailure): void {
    this.#early = []
    clearTimeout(this.#unseenTimer)
    this.#socket.write(connectFailureResponse(failure))
    this.#endSocket()
  }

  pauseSource(): void {
    this.#socket.pause()
  }

  resumeSource(): void {
    this.#socket.resume()
  }

  finishSending(): void {
    this.#socket.end()
  }

  close(error: string): void {
    if (this.#state !== 'established') return
    this.#connection = undefined
    if (error === '') this.#endSocket()
    else this.#resetBehindBytes()
  }

  cutOff(): void {
    if (this.#state !== 'established') return
    this.#state = 'closed'
    this.#connection = undefined
    this.#reset()
  }

  #receive(chunk: Buffer): void {
    if (this.#state === 'established') {
      this.#pass(chunk)
    } else if (this.#state === 'dialing') {
      this.#early.push(chunk)
      this.#earlyBytes += chunk.length
      if (this.#earlyBytes < SEND_QUEUE_HIGH_BYTES) return
      this.#socket.pause()
      this.#limitDial()
    }
  }

  #pass(chunk: Buffer): void {
    if (this.#connection && !this.#connection.sendToTarget(toSegment(chunk))) this.#socket.pause()
  }

  /** A client that goes away while it waits has sent nothing; one that has sent all it wants to say still waits. */
  #handleEnd(): void {
    this.#clientFinished = true
    if (this.#state === 'established') this.#connection?.finishSending()
    else if (this.#state === 'dialing' && this.#earlyBytes === 0) this.#socket.destroy()
    else if (this.#state === 'dialing') this.#limitDial()
  }

  #limitDial(): void {
    this.#unseenTimer ??= setTimeout(() => {
      this.#withdrawDial()
      this.onDialFailed(DIAL_TIMED_OUT)
    }, UNSEEN_DIAL_MS)
  }

  #handleClose(): void {
    const state = this.#state
    const connection = this.#connection
    this.#state = 'closed'
    this.#connection = undefined
    this.#early = []
    this.#linger.stop()
    clearTimeout(this.#flightTimer)
    clearTimeout(this.#unseenTimer)
    if (state === 'dialing') this.#withdrawDial()
    if (state === 'established') {
      const inOrder = this.#socket.readableEnded && this.#socket.writableFinished
      if (inOrder) connection?.detach()
      else connection?.abort('the frontend broke off its connection')
    }
    this.#onEnded()
  }

  /** Ends our side; the client's rest is read and dropped, since unread bytes would turn the end into a reset. */
  #endSocket(): void {
    this.#state = 'closed'
    this.#socket.end()
    this.#awaitClose()
  }

  #resetBehindBytes(): void {
    this.#state = 'closed'
    const socket = this.#socket
    if (socket.writableLength === 0) this.#resetAfterFlight()
    else if (socket.writableEnded) socket.once('finish', () => this.#resetAfterFlight())
    else socket.write('', () => this.#resetAfterFlight())
    if (!socket.destroyed) this.#awaitClose()
  }

  /** Nobody tells when the client has what the kernel was given: hence the wait, where there was anything lately. */
  #resetAfterFlight(): void {
    if (this.#socket.destroyed) return
    if (performance.now() - this.#sentAt > FLIGHT_MS) this.#reset()
    else this.#flightTimer = setTimeout(() => this.#reset(), FLIGHT_MS)
  }

  #awaitClose(): void {
    this.#socket.resume()
    this.#linger.start(
      () => this.#socket.writableLength,
      (left) => (left > 0 ? this.#reset() : this.#socket.destroy()),
    )
  }
}
