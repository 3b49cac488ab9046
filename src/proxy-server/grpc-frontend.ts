import { LONGEST_TIMER_MS } from '../common/duration.ts'
import type { Logger } from '../common/log.ts'
import type { MessageStreamHandler, Segment, ServerCall, StreamEnd } from '../transport/index.ts'
import {
  agreeOnVersion,
  type CloseRequestPacket,
  type ConnectId,
  type ControlPacket,
  type DataPacket,
  type DialRequestPacket,
  decodePacket,
  EXTENSIONS_HEADER,
  GRPC_STATUS,
  type Packet,
  ProtocolError,
  type UnknownFields,
} from '../wire/index.ts'
import type { Connection } from './connection.ts'
import type { DialFailure } from './dial-failure.ts'
import type { Dialer } from './dialer.ts'
import type { Frontend } from './frontend.ts'
import { Linger } from './linger.ts'
import type { ProxyServerMetrics } from './metrics.ts'
import { countStreamError } from './stream-errors.ts'

/**
 * A Go frontend registers its connection from another goroutine, a moment after it has read DIAL_RSP, and drops DATA that
 * comes before. Bytes wait for its first packet, or this long after it has read DIAL_RSP, in ms.
 */
const REGISTRATION_GRACE_MS = 10

/** How long a stream may be open without a dial: long enough for a Go tunnel that is made ahead of its use, in ms. */
const DIAL_REQUEST_TIMEOUT_MS = 60_000

type State = 'idle' | 'dialing' | 'established' | 'closed'

/** A frontend that speaks gRPC: one `/ProxyService/Proxy` stream, which carries one dial and its connection. */
export class GrpcFrontend implements Frontend, MessageStreamHandler {
  readonly kind = 'grpc'
  readonly #log: Logger
  readonly #metrics: ProxyServerMetrics
  readonly #dialer: Dialer
  readonly #call: ServerCall
  readonly #onEnded: () => void
  /** What the client announced; what is used is the lowest of the client's, ours and the agent's. */
  readonly #announcedVersion: number
  #version = 0
  #state: State = 'idle'
  #random = 0n
  #withdrawDial = () => {}
  #connection: Connection | undefined
  #graceTimer: NodeJS.Timeout | undefined
  #dialRequestTimer: NodeJS.Timeout | undefined
  #deadlineTimer: NodeJS.Timeout | undefined
  #sourcePaused = false
  readonly #linger = new Linger()

  constructor(
    components: { log: Logger; metrics: ProxyServerMetrics; dialer: Dialer; call: ServerCall },
    options: { onEnded: () => void },
  ) {
    this.#log = components.log
    this.#metrics = components.metrics
    this.#dialer = components.dialer
    this.#call = components.call
    this.#onEnded = options.onEnded
    this.#announcedVersion = agreeOnVersion(components.call.headers)
  }

  start(): void {
    this.#dialRequestTimer = setTimeout(() => this.#handleSilence(), DIAL_REQUEST_TIMEOUT_MS)
    const { timeoutMs } = this.#call
    if (timeoutMs !== undefined) {
      this.#deadlineTimer = setTimeout(() => this.#handleDeadline(), Math.min(timeoutMs, LONGEST_TIMER_MS))
    }
    this.#call.messages.start(this)
  }

  get canHalfClose(): boolean {
    return this.#version > 0
  }

  get readsAfterClose(): boolean {
    return this.#announcedVersion > 0
  }

  // The connection's side.

  get queuedBytes(): number {
    return this.#call.messages.queuedBytes
  }

  write(segment: Segment, onWritten: () => void): void {
    this.#metrics.countPacket('to_client', 'DATA')
    this.#call.messages.sendData((this.#connection as Connection).connectId, segment, onWritten)
  }

  onConnected(connection: Connection, unknown?: UnknownFields): void {
    const { connectId } = connection
    this.#connection = connection
    this.#state = 'established'
    this.#version = Math.min(this.#announcedVersion, connection.backend.extensions.version)
    this.#respond()
    this.#send({ type: 'DIAL_RSP', random: this.#random, connectId, error: '', ...relayed(unknown) })
    if (this.#announcedVersion > 0) return
    connection.hold()
    this.#call.whenRead(() => {
      if (this.#connection !== connection) return
      this.#graceTimer = setTimeout(() => connection.release(), REGISTRATION_GRACE_MS)
    })
  }

  onDialFailed(failure: DialFailure): void {
    this.#forget()
    this.#respond()
    const { message, unknown } = failure
    this.#send({ type: 'DIAL_RSP', random: this.#random, connectId: 0, error: message, ...relayed(unknown) })
    this.#finish()
  }

  pauseSource(): void {
    if (this.#sourcePaused) return
    this.#sourcePaused = true
    this.#metrics.fullReceiveChannels.inc({ service_method: 'Proxy' })
    this.#call.messages.pause()
  }

  resumeSource(): void {
    if (!this.#sourcePaused) return
    this.#sourcePaused = false
    this.#metrics.fullReceiveChannels.dec({ service_method: 'Proxy' })
    this.#call.messages.resume()
  }

  finishSending(): void {
    this.#send({ type: 'HALF_CLOSE', connectId: (this.#connection as Connection).connectId })
  }

  close(error: string, unknown?: UnknownFields): void {
    if (this.#state !== 'established') return
    const { connectId } = this.#connection as Connection
    this.#send({ type: 'CLOSE_RSP', connectId, error, ...relayed(unknown) })
    this.#forget()
    this.#finish()
  }

  cutOff(): void {
    if (this.#state !== 'established') return
    this.#forget()
    this.#call.messages.reset()
  }

  // The client's side.

  onMessage(message: readonly Buffer[]): void {
    if (this.#state === 'closed') return
    try {
      this.#dispatch(decodePacket(message))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.onProtocolError(error)
    }
  }

  onProtocolError(err: ProtocolError): void {
    this.#metrics.protocolErrors.inc({ peer: 'frontend' })
    this.#log.warn({ err }, 'frontend broke the protocol')
    this.#leave('the frontend broke the protocol')
    this.#finish(err.grpcStatus, err.message)
  }

  onPeerEnd(): void {
    if (this.#state === 'established') {
      this.#connection?.requestClose()
      return
    }
    this.#leave('')
    this.#finish()
  }

  onClose(end: StreamEnd): void {
    this.#linger.stop()
    if (this.#state !== 'closed') countStreamError(this.#metrics, 'from_client', end)
    this.#leave(end.clean ? 'the frontend ended its stream' : 'the frontend reset its stream')
    this.#onEnded()
  }

  #dispatch(packet: Packet): void {
    if (packet.type !== 'UNKNOWN') this.#metrics.countPacket('from_client', packet.type)
    clearTimeout(this.#graceTimer)
    if (this.#announcedVersion === 0) this.#connection?.release()
    switch (packet.type) {
      case 'DATA':
        if (packet.length > 0 && packet.connectId !== 0) this.#handleData(packet)
        return
      case 'DIAL_REQ':
        this.#handleDialRequest(packet)
        return
      case 'CLOSE_REQ':
        this.#handleCloseRequest(packet)
        return
      case 'HALF_CLOSE':
        if (this.#owns(packet.connectId) && this.canHalfClose) this.#connection?.finishSending()
        return
      case 'DIAL_CLS':
        if (this.#state === 'dialing' && packet.random === this.#random) this.onPeerEnd()
        return
      case 'DIAL_RSP':
      case 'CLOSE_RSP':
      case 'DRAIN':
      case 'CREDIT':
        this.#log.debug({ packetType: packet.type }, 'frontend sent a packet that only agents send')
        return
      case 'UNKNOWN':
        this.#log.debug({ packetType: packet.typeNumber }, 'packet of unknown type ignored')
        return
      default:
        throw new Error(`unhandled packet ${packet satisfies never}`)
    }
  }

  #handleDialRequest(request: DialRequestPacket): void {
    if (this.#state !== 'idle') {
      const error = 'a stream carries one dial, and this one has had it'
      this.#send({ type: 'DIAL_RSP', random: request.random, connectId: 0, error })
      return
    }
    clearTimeout(this.#dialRequestTimer)
    this.#state = 'dialing'
    this.#random = request.random
    this.#withdrawDial = this.#dialer.dial(request, this)
  }

  #handleSilence(): void {
    this.#log.debug('frontend opened a stream and did not dial')
    this.#leave('')
    this.#finish(GRPC_STATUS.DEADLINE_EXCEEDED, `no DIAL_REQ within ${DIAL_REQUEST_TIMEOUT_MS / 1000} s`)
  }

  #handleDeadline(): void {
    this.#leave("the frontend's deadline has passed")
    this.#finish(GRPC_STATUS.DEADLINE_EXCEEDED, 'context deadline exceeded')
  }

  #handleData(packet: DataPacket): void {
    const connection = this.#connection
    if (!connection) {
      this.#refuse(packet.connectId, 'backend not initialized')
      return
    }
    if (connection.connectId !== packet.connectId) {
      this.#handleForeignId(packet.connectId)
      return
    }
    if (!connection.sendToTarget(packet)) this.pauseSource()
  }

  #handleCloseRequest({ connectId, error, unknown }: CloseRequestPacket): void {
    if (this.#state === 'idle') {
      this.#respond()
      this.#send({ type: 'CLOSE_RSP', connectId, error: 'backend uninitialized' })
    } else if (this.#state === 'dialing') {
      this.#refuse(connectId, 'backend uninitialized')
    } else if (this.#owns(connectId)) {
      if (error === '') this.#connection?.requestClose(unknown)
      else this.#connection?.breakOff(error, 'frontend')
    } else {
      this.#handleForeignId(connectId)
    }
  }

  /** Names a connection that is not its own: it loses its own, and nobody else loses anything. */
  #handleForeignId(connectId: ConnectId): void {
    this.#metrics.protocolErrors.inc({ peer: 'frontend' })
    this.#log.warn({ connectionId: String(connectId) }, 'frontend named a connection that is not its own')
    const error = 'mismatched connection IDs'
    const own = this.#connection?.connectId ?? 0
    this.#send({ type: 'CLOSE_RSP', connectId: own, error })
    this.#refuse(connectId, error)
  }

  #refuse(connectId: ConnectId, error: string): void {
    this.#respond()
    this.#send({ type: 'CLOSE_RSP', connectId, error })
    this.#leave(error)
    this.#finish()
  }

  #owns(connectId: ConnectId): boolean {
    return this.#connection?.connectId === connectId
  }

  /** Gives up whatever is under way, once. */
  #leave(reason: string): void {
    const state = this.#state
    const connection = this.#connection
    this.#forget()
    if (state === 'dialing') this.#withdrawDial()
    if (state === 'established') connection?.abort(reason)
  }

  #forget(): void {
    this.#state = 'closed'
    this.#connection = undefined
    clearTimeout(this.#graceTimer)
    clearTimeout(this.#dialRequestTimer)
    clearTimeout(this.#deadlineTimer)
    this.resumeSource() // what still comes is read and dropped, so that the stream can end
  }

  #finish(status: number = GRPC_STATUS.OK, message = ''): void {
    const { messages } = this.#call
    this.#call.finish(status, message)
    if (messages.closed) return
    this.#linger.stop()
    this.#linger.start(
      () => messages.queuedBytes,
      () => messages.reset(),
    )
  }

  #respond(): void {
    this.#call.respond(this.#version > 0 ? { [EXTENSIONS_HEADER]: String(this.#version) } : {})
  }

  #send(packet: ControlPacket): void {
    this.#metrics.countPacket('to_client', packet.type)
    this.#call.messages.sendControl(packet)
  }
}

function relayed(unknown: UnknownFields | undefined): { unknown?: UnknownFields } {
  return unknown ? { unknown } : {}
}
