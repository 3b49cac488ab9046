import type { IncomingHttpHeaders } from 'node:http2'
import { ConnectionResetError, DialError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { ClientCall, MessageStreamHandler, Segment, StreamEnd } from '../transport/index.ts'
import {
  agreeOnVersion,
  type CloseResponsePacket,
  type ConnectId,
  type ControlPacket,
  type DataPacket,
  type DialResponsePacket,
  decodePacket,
  GRPC_STATUS,
  grpcStatusName,
  type Packet,
  ProtocolError,
} from '../wire/index.ts'
import type { Carrier } from './carrier.ts'
import { newDialId } from './dial-id.ts'
import { type HostPort, joinHostPort } from './host-port.ts'
import type { ClientMetrics } from './metrics.ts'
import { mayBecome, STATUS_BY_STATE, type StreamState } from './stream-state.ts'
import { TunnelSocket } from './tunnel-socket.ts'

/** How long the peer may take to answer what it must answer before the stream goes on without it. */
const CLOSE_TIMEOUT_MS = 10_000

/** HTTP/2's error code for a stream that the server did not look at, which may be tried again. */
const REFUSED_STREAM = 7

/** In TLS 1.3 a client believes to be connected before the server has judged its certificate; a refusal looks like a hang-up. */
export const MAYBE_REFUSED = 'the proxy server hung up before it answered; it may not accept our certificate'

/** The connection to the proxy server, as one of its streams sees it. */
export interface StreamOwner {
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  /** True while the server has not said a word: a hang-up may then be its answer to our certificate. */
  readonly mayRefuseUs: boolean
  /** The server has announced that it speaks our extensions. */
  handleExtensions(): void
  /** The process must, or need not, stay alive for this stream. */
  retain(): void
  release(): void
  /** The stream is gone. */
  handleStreamClosed(stream: TunnelStream): void
}

export interface StreamComponents {
  readonly log: Logger
  readonly metrics: ClientMetrics
}

/** The server did not look at the stream, because the connection is about to end: another connection may do. */
export class StreamRefusedError extends DialError {
  constructor(cause: unknown) {
    super('streamsetup', 'the proxy server refused the stream', { cause })
  }
}

/**
 * One connection's stream to the proxy server: the dial, then its bytes, then its close.
 *
 * Owns the HTTP/2 stream and sees to it that it is gone in the end, whether or not the server plays its part: no wait
 * for a packet lasts longer than `CLOSE_TIMEOUT_MS`. Toward the server it ends the stream in order, never by a reset, unless
 * the server has had that time.
 */
export class TunnelStream implements MessageStreamHandler, Carrier {
  readonly #owner: StreamOwner
  readonly #call: ClientCall
  readonly #log: Logger
  readonly #metrics: ClientMetrics
  readonly #dialId = newDialId()
  readonly #answer = Promise.withResolvers<TunnelSocket>()
  #state: StreamState = 'created'
  #remote: HostPort = { host: '', port: 0 }
  #allowHalfOpen = false
  #connectId: ConnectId = 0
  /** What was agreed on; known before the dial is answered. */
  #version = 0
  /** While there is something to tell it. */
  #socket: TunnelSocket | undefined
  #handedOver = false
  #timer: NodeJS.Timeout | undefined
  #referenced = true
  #paused = false
  /** Something has arrived since the timer was set. */
  #moved = false

  constructor(components: StreamComponents, owner: StreamOwner, call: ClientCall) {
    this.#owner = owner
    this.#call = call
    this.#log = components.log
    this.#metrics = components.metrics
    this.#metrics.moveConnection(undefined, 'created')
    owner.retain()
    call.messages.start(this)
  }

  get localAddress(): string | undefined {
    return this.#owner.localAddress
  }

  get localPort(): number | undefined {
    return this.#owner.localPort
  }

  get queuedBytes(): number {
    return this.#call.messages.queuedBytes
  }

  /**
   * Asks for the connection, once.
   *
   * @throws DialError `endpoint`, `dialclosed` or `tunnelclosed`
   */
  dial(remote: HostPort, allowHalfOpen: boolean): Promise<TunnelSocket> {
    this.#remote = remote
    this.#allowHalfOpen = allowHalfOpen
    this.#become('dialing')
    this.#send({
      type: 'DIAL_REQ',
      protocol: 'tcp',
      address: joinHostPort(remote.host, remote.port),
      random: this.#dialId,
    })
    return this.#answer.promise
  }

  /** Gives the dial up, whatever has become of it: nobody waits for it any more. */
  cancel(error: Error): void {
    if (this.#state === 'created' || this.#state === 'dialing') {
      this.#send({ type: 'DIAL_CLS', random: this.#dialId })
      this.#failDial(error)
    } else {
      this.#socket?.resetAndDestroy()
    }
  }

  /** The tunnel is closed, by its owner: the socket gets no error, which would end a process that listens for none. */
  abandon(reason: Error): void {
    if (this.#socket && this.#handedOver) this.#socket.resetAndDestroy()
    else if (this.#state === 'closing') this.#stopWaiting()
    else this.cancel(new DialError('tunnelclosed', 'tunnel closed', { cause: reason }))
  }

  write(segment: Segment, onWritten: () => void): void {
    if (this.#call.messages.sendData(this.#connectId, segment, onWritten)) {
      this.#metrics.countPacket('from_client', 'DATA')
    } else {
      process.nextTick(onWritten)
    }
  }

  end(): void {
    if (this.#version > 0 && (this.#state === 'open' || this.#state === 'readEnded')) {
      this.#send({ type: 'HALF_CLOSE', connectId: this.#connectId })
      if (this.#state === 'open') this.#become('writeEnded')
      else this.#awaitClose()
    } else if (this.#become('closing')) {
      this.#sendCloseRequest('')
    }
  }

  close(reason: string): void {
    this.#socket = undefined
    if (this.#state === 'releasing' || this.#state === 'closed') return
    this.resume() // what still comes is thrown away, or the stream would never end
    if (this.#state === 'closing' && this.#version > 0) return // both ways ended in order: CLOSE_RSP is under way
    if (this.#state !== 'closing') this.#sendCloseRequest(reason)
    this.#release()
  }

  pause(): void {
    this.#paused = true
    this.#call.messages.pause()
  }

  resume(): void {
    this.#paused = false
    this.#call.messages.resume()
  }

  ref(): void {
    if (this.#referenced || this.#state === 'closed') return
    this.#referenced = true
    this.#owner.retain()
  }

  unref(): void {
    if (!this.#referenced) return
    this.#referenced = false
    this.#owner.release()
  }

  onMessage(message: readonly Buffer[]): void {
    try {
      const packet = decodePacket(message)
      this.#metrics.countPacket(
        'to_client',
        packet.type === 'UNKNOWN' ? String(packet.typeNumber) : packet.type,
      )
      this.#moved = true
      this.#handlePacket(packet)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.onProtocolError(error)
    }
  }

  onPeerEnd(): void {
    this.#breakOff('the proxy server ended the stream', this.#call.failure)
    this.#release()
  }

  onProtocolError(error: ProtocolError): void {
    this.#log.debug({ err: error, connectionId: this.#connectId }, 'proxy server broke the protocol')
    this.#breakOff(error.message, error)
    this.#call.messages.reset()
  }

  onClose(end: StreamEnd): void {
    clearTimeout(this.#timer)
    const before = this.#state
    const cause = this.#call.failure ?? end.error
    if (before !== 'releasing' && !end.clean) {
      const code =
        this.#call.failure?.status ?? (end.resetCode === 8 ? GRPC_STATUS.CANCELLED : GRPC_STATUS.UNAVAILABLE)
      this.#metrics.countStreamError('to_client', grpcStatusName(code), 'Unknown')
    }
    if ((before === 'created' || before === 'dialing') && end.resetCode === REFUSED_STREAM) {
      this.#answer.reject(new StreamRefusedError(cause))
    }
    this.#breakOff('the connection to the proxy server was lost', cause)
    this.#become('closed')
    this.unref()
    this.#owner.handleStreamClosed(this)
  }

  #handlePacket(packet: Packet): void {
    switch (packet.type) {
      case 'DIAL_RSP':
        this.#handleDialResponse(packet)
        return
      case 'DIAL_CLS':
        if (this.#state === 'dialing') this.#failDial(new DialError('dialclosed', 'dial closed'))
        return
      case 'DATA':
        this.#handleData(packet)
        return
      case 'HALF_CLOSE':
        if (packet.connectId === this.#connectId) this.#handleHalfClose()
        return
      case 'CLOSE_RSP':
        this.#handleCloseResponse(packet)
        return
      default:
        this.#log.debug({ packetType: packet.type, connectionId: this.#connectId }, 'packet ignored')
    }
  }

  #handleDialResponse(packet: DialResponsePacket): void {
    if (this.#state !== 'dialing') return
    if (packet.random !== this.#dialId) throw new ProtocolError('DIAL_RSP to a dial that is not ours')
    if (packet.error) {
      this.#failDial(new DialError('endpoint', packet.error))
      return
    }
    this.#connectId = packet.connectId
    this.#become('open')
    const socket = new TunnelSocket(this, this.#remote, this.#allowHalfOpen)
    this.#socket = socket
    this.#call.headers.then(
      (headers) => {
        this.#agree(headers)
        this.#handedOver = true
        this.#answer.resolve(socket)
      },
      (cause) => this.#answer.reject(new DialError('tunnelclosed', 'tunnel closed', { cause })),
    )
  }

  #agree(headers: IncomingHttpHeaders): void {
    this.#version = agreeOnVersion(headers)
    if (this.#version > 0) this.#owner.handleExtensions()
  }

  #handleData(packet: DataPacket): void {
    if (packet.connectId === 0 || this.#state === 'releasing') return
    if (packet.connectId !== this.#connectId) {
      throw new ProtocolError(
        `DATA of connection ${packet.connectId} on the stream of connection ${this.#connectId}`,
      )
    }
    this.#socket?.handleData(packet.chunks, packet.length)
  }

  #handleHalfClose(): void {
    if (this.#state !== 'open' && this.#state !== 'writeEnded') return
    this.#socket?.handleEnd()
    if (this.#state === 'open') this.#become('readEnded')
    else this.#awaitClose()
  }

  /** Both ways have ended in order: nothing that still comes concerns the socket. */
  #awaitClose(): void {
    this.#socket = undefined
    this.#become('closing')
    this.resume()
  }

  #handleCloseResponse({ connectId, error }: CloseResponsePacket): void {
    if (connectId !== this.#connectId || this.#state === 'dialing') {
      this.#log.debug({ connectionId: connectId, error }, 'CLOSE_RSP of no connection of ours')
      return
    }
    if (error) {
      this.#breakOff(`connection reset: ${error}`)
    } else {
      const socket = this.#socket
      this.#socket = undefined
      socket?.handleClosed()
    }
    this.#release()
  }

  #failDial(error: Error): void {
    this.#answer.reject(error)
    this.#release()
  }

  /** The connection ends with an error, unless it has come to its end already. */
  #breakOff(reason: string, cause?: unknown): void {
    if (this.#state === 'created' || this.#state === 'dialing') {
      const message = this.#owner.mayRefuseUs ? `tunnel closed: ${MAYBE_REFUSED}` : 'tunnel closed'
      this.#answer.reject(
        new DialError('tunnelclosed', message, { cause: cause ?? new ConnectionResetError(reason) }),
      )
    }
    const socket = this.#socket
    this.#socket = undefined
    socket?.handleBreak(new ConnectionResetError(reason, { cause }))
  }

  /** Ends our side of the stream in order; the server's end is awaited, for so long. */
  #release(): void {
    if (!this.#become('releasing')) return
    this.#call.messages.end()
    this.resume()
  }

  #sendCloseRequest(error: string): void {
    this.#send({ type: 'CLOSE_REQ', connectId: this.#connectId, error: this.#version > 0 ? error : '' })
  }

  #send(packet: ControlPacket): void {
    if (this.#call.messages.sendControl(packet)) this.#metrics.countPacket('from_client', packet.type)
  }

  #become(to: StreamState): boolean {
    const from = this.#state
    if (!mayBecome(from, to)) return false
    this.#state = to
    if (STATUS_BY_STATE[from] !== STATUS_BY_STATE[to]) {
      this.#metrics.moveConnection(STATUS_BY_STATE[from], STATUS_BY_STATE[to])
    }
    if (to === 'closing' || to === 'releasing') this.#startTimer()
    return true
  }

  #startTimer(): void {
    clearTimeout(this.#timer)
    this.#moved = false
    this.#timer = setTimeout(() => this.#handleTimeout(), CLOSE_TIMEOUT_MS).unref()
  }

  #handleTimeout(): void {
    if (this.#state === 'releasing') {
      this.#call.messages.reset()
    } else if (this.#socket && (this.#moved || this.#paused)) {
      this.#startTimer() // the CLOSE_RSP stands behind bytes that are still being read
    } else {
      this.#stopWaiting()
    }
  }

  /** Goes on without the CLOSE_RSP. */
  #stopWaiting(): void {
    if (this.#version > 0) this.#sendCloseRequest('')
    this.#breakOff('close timeout')
    this.#release()
  }
}
