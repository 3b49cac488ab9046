import { errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import {
  type BacklogLimit,
  type ClientCall,
  GrpcStatusError,
  type MessageStreamHandler,
  type StreamEnd,
} from '../transport/index.ts'
import {
  type ConnectId,
  type ControlPacket,
  type DataPacket,
  type DialRequestPacket,
  decodePacket,
  type Extensions,
  GRPC_STATUS,
  grpcStatusName,
  type Packet,
  ProtocolError,
} from '../wire/index.ts'
import type { Activity } from './activity.ts'
import type { ConnectIds } from './connect-ids.ts'
import { EndpointConnection } from './endpoint-connection.ts'
import { EndpointDialError, type EndpointDialer } from './endpoint-dialer.ts'
import type { ProxyAgentMetrics } from './metrics.ts'
import { PacketWriter } from './packet-writer.ts'
import type { ReadBuffers } from './read-buffers.ts'
import { RecentIds } from './recent-ids.ts'
import { StateMachine } from './state-machine.ts'
import { StreamGate } from './stream-gate.ts'
import type { TargetSocket } from './target-socket.ts'

/** So many dials of one server may be under way; an honest one does not come near. */
const MAX_PENDING_DIALS = 10_000

/** What a frontend is told that came too late. */
const STOPPING = 'agent is stopping'

const STREAM_TRANSITIONS = {
  serving: ['stopping', 'ended'],
  /** Dials are refused, so that the server asks another agent. */
  stopping: ['ended'],
  ended: [],
} as const satisfies Record<string, readonly string[]>

/** What all streams of an agent share. */
export interface AgentStreamComponents {
  readonly dialer: Pick<EndpointDialer, 'dial'>
  readonly buffers: ReadBuffers
  readonly connectIds: ConnectIds
  readonly activity: Activity
  readonly metrics: ProxyAgentMetrics
  readonly log: Logger
}

export interface AgentStreamOptions {
  /** What was agreed on with this server. */
  readonly extensions: Extensions
  /** What a server with extensions may send ahead on each connection, in bytes; as announced. */
  readonly windowBytes: number
  /** 0 means never. */
  readonly halfOpenTimeoutMs: number
  readonly lingerMs?: number
  readonly backlog?: Pick<BacklogLimit, 'capBytes' | 'stuckMs'>
}

/** Why a stream ended, for logs and metrics. */
export interface AgentStreamEnd {
  readonly clean: boolean
  readonly error: Error | undefined
}

/**
 * Serves one server: dials what it asks for, and passes bytes between it and the targets. Nothing here waits: whatever takes
 * time belongs to one dial or one connection.
 *
 * Invariant: a connect ID is known from its DIAL_RSP to its CLOSE_RSP. Owns the stream, its dials and its connections.
 */
export class AgentStream implements MessageStreamHandler {
  readonly #components: AgentStreamComponents
  readonly #options: AgentStreamOptions
  readonly #log: Logger
  readonly #call: ClientCall
  readonly #writer: PacketWriter
  readonly #gate: StreamGate
  readonly #state = new StateMachine(STREAM_TRANSITIONS, 'serving')
  readonly #pendingDials = new Map<bigint, AbortController>()
  readonly #connections = new Map<ConnectId, EndpointConnection>()
  /** Those that are not over on either side: also without connect ID while they deliver, and without target while they send. */
  readonly #open = new Set<EndpointConnection>()
  readonly #closedIds = new RecentIds()
  readonly #ended = Promise.withResolvers<AgentStreamEnd>()

  constructor(call: ClientCall, components: AgentStreamComponents, options: AgentStreamOptions) {
    this.#call = call
    this.#components = components
    this.#options = options
    this.#log = components.log
    this.#writer = new PacketWriter(
      call.messages,
      (packet) => this.#handleWritten(packet),
      components.buffers.written,
    )
    this.#gate = new StreamGate(call.messages)
  }

  /** Serves until the stream ends. Call once. */
  serve(): Promise<AgentStreamEnd> {
    this.#call.messages.start(this)
    return this.#ended.promise
  }

  /** Asks the server to give new dials to other agents. */
  sendDrain(): void {
    this.#writer.sendControl({ type: 'DRAIN' })
  }

  /** Refuses new dials from now on, and breaks off what is left. Returns how many connections that were. */
  stop(): number {
    if (!this.#state.transition('serving', 'stopping')) return 0
    for (const [random, dial] of this.#pendingDials) {
      this.#refuseDial(random)
      dial.abort(new Error(STOPPING))
    }
    const left = [...this.#open]
    for (const connection of left) connection.stop()
    return left.length
  }

  /** Ends our side of the stream, behind everything written; the server then ends its own. */
  end(): void {
    this.#call.messages.end()
  }

  get queuedBytes(): { toTarget: number; toServer: number } {
    const sum = { toTarget: 0, toServer: 0 }
    for (const { queuedBytes } of this.#open) {
      sum.toTarget += queuedBytes.toTarget
      sum.toServer += queuedBytes.toServer
    }
    return sum
  }

  onMessage(message: readonly Buffer[]): void {
    if (!this.#state.is('serving', 'stopping')) return
    try {
      const packet = decodePacket(message)
      this.#handlePacket(packet)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.onProtocolError(error)
    }
  }

  /** The server retires us: there is no half of a stream to go on with. */
  onPeerEnd(): void {
    this.#call.messages.end()
    this.#finish({ clean: this.#call.failure === undefined, error: this.#call.failure })
  }

  onProtocolError(error: ProtocolError): void {
    this.#components.metrics.protocolErrors.inc({ peer: 'server' })
    this.#call.messages.reset()
    this.#finish({ clean: false, error })
  }

  onClose(end: StreamEnd): void {
    const error = this.#call.failure ?? end.error
    this.#finish({ clean: end.clean && !error, error })
  }

  /** The server is lost to everything that this stream carried. */
  #finish(end: AgentStreamEnd): void {
    if (!this.#state.transition(['serving', 'stopping'], 'ended')) return
    if (!end.clean) this.#countFailure(end)
    for (const dial of this.#pendingDials.values()) dial.abort(new Error('the proxy server is gone'))
    const connections = [...this.#connections]
    this.#connections.clear()
    for (const connection of [...this.#open]) connection.handleServerLost()
    for (const [connectId, connection] of connections) this.#retire(connectId, connection)
    this.#ended.resolve(end)
  }

  #handlePacket(packet: Packet): void {
    if (packet.type !== 'UNKNOWN') this.#components.metrics.countPacket('to_agent', packet.type)
    if (this.#log.isLevelEnabled('trace')) this.#log.trace({ type: packet.type }, 'received packet')
    switch (packet.type) {
      case 'DIAL_REQ':
        this.#handleDialRequest(packet)
        break
      case 'DIAL_CLS':
        this.#pendingDials.get(packet.random)?.abort(new Error('the frontend gave up'))
        break
      case 'DATA':
        this.#handleData(packet)
        break
      case 'CLOSE_REQ':
        this.#handleCloseRequest(packet.connectId, packet.error)
        break
      case 'CREDIT':
        this.#extended(packet.connectId)?.handleCredit(packet.bytes)
        break
      case 'HALF_CLOSE':
        this.#extended(packet.connectId)?.handleHalfClose()
        break
      case 'DIAL_RSP':
      case 'CLOSE_RSP':
      case 'DRAIN':
      case 'UNKNOWN':
        this.#log.debug({ packet: describe(packet) }, 'ignored packet that is not for an agent')
        break
      default:
        throw new Error(`unhandled packet ${packet satisfies never}`)
    }
  }

  #handleDialRequest(packet: DialRequestPacket): void {
    if (this.#state.is('stopping')) {
      this.#refuseDial(packet.random)
    } else if (this.#pendingDials.has(packet.random)) {
      this.#sendDialError(packet.random, 'duplicate dial ID')
    } else if (this.#pendingDials.size >= MAX_PENDING_DIALS) {
      this.#sendDialError(packet.random, 'too many pending dials')
    } else {
      void this.#dial(packet)
    }
  }

  async #dial({ protocol, address, random }: DialRequestPacket): Promise<void> {
    const { dialer, activity, metrics } = this.#components
    const dial = new AbortController()
    const startedAt = performance.now()
    this.#pendingDials.set(random, dial)
    activity.begin()
    try {
      const socket = await dialer.dial(protocol, address, dial.signal)
      if (dial.signal.aborted) {
        socket.destroy()
        throw dial.signal.reason
      }
      metrics.dialDuration.observe((performance.now() - startedAt) / 1000)
      this.#connect(socket, protocol, random)
    } catch (err) {
      activity.end()
      if (dial.signal.aborted) this.#log.debug({ dialId: String(random), address }, 'dial abandoned')
      else this.#handleDialFailure(err, random, address)
    } finally {
      this.#pendingDials.delete(random)
    }
  }

  #connect(socket: TargetSocket, protocol: string, random: bigint): void {
    const { metrics, connectIds } = this.#components
    const connectId = connectIds.next()
    metrics.openEndpointConnections.inc()
    const connection: EndpointConnection = new EndpointConnection(
      {
        socket,
        writer: this.#writer,
        gate: this.#gate,
        onData: () => metrics.countPacket('from_agent', 'DATA'),
        onReset: (reason) => {
          metrics.connectionsReset.inc({ reason })
          this.#log.debug({ connectionId: connectId, reason }, 'connection broken off')
        },
        onClosed: () => {
          metrics.openEndpointConnections.dec()
          this.#retire(connectId, connection)
        },
      },
      { ...this.#options, connectId, protocol },
    )
    this.#connections.set(connectId, connection)
    this.#open.add(connection)
    this.#writer.sendControl({ type: 'DIAL_RSP', random, connectId, error: '' })
    connection.start()
    this.#log.debug({ dialId: String(random), connectionId: connectId }, 'endpoint connection established')
  }

  #handleData(packet: DataPacket): void {
    const { connectId } = packet
    if (packet.length === 0 || connectId === 0) return
    const connection = this.#connections.get(connectId)
    if (connection) {
      connection.handleData(packet)
    } else if (!this.#closedIds.has(connectId)) {
      this.#writer.sendControl({ type: 'CLOSE_RSP', connectId, error: 'unrecognized connectID' })
    }
  }

  #handleCloseRequest(connectId: ConnectId, error: string): void {
    const connection = this.#connections.get(connectId)
    if (connection) connection.handleCloseRequest(error)
    else this.#writer.sendControl({ type: 'CLOSE_RSP', connectId, error: 'Unknown connectID' })
  }

  /** The connection that a packet of the extensions is for; a server that has not agreed on them means nothing by it. */
  #extended(connectId: ConnectId): EndpointConnection | undefined {
    return this.#options.extensions.version > 0 ? this.#connections.get(connectId) : undefined
  }

  /** A control packet has been written: with CLOSE_RSP the connect ID is gone. */
  #handleWritten(packet: ControlPacket): void {
    this.#components.metrics.countPacket('from_agent', packet.type)
    if (packet.type !== 'CLOSE_RSP') return
    const connection = this.#connections.get(packet.connectId)
    if (!connection) return
    this.#connections.delete(packet.connectId)
    this.#closedIds.add(packet.connectId)
    this.#retire(packet.connectId, connection)
  }

  /** Counts a connection as done, once both the server and the target are done with it. */
  #retire(connectId: ConnectId, connection: EndpointConnection): void {
    if (this.#connections.has(connectId) || !connection.targetGone) return
    if (this.#open.delete(connection)) this.#components.activity.end()
  }

  #handleDialFailure(err: unknown, random: bigint, address: string): void {
    const reason = err instanceof EndpointDialError ? err.reason : 'unknown'
    this.#components.metrics.endpointDialFailures.inc({ reason })
    this.#log.debug({ err, dialId: String(random), address }, 'dial failed')
    this.#sendDialError(random, errorMessage(err))
  }

  #refuseDial(random: bigint): void {
    this.#sendDialError(random, STOPPING, this.#options.extensions.version > 0 ? { refused: true } : {})
  }

  #sendDialError(random: bigint, error: string, extra: { readonly refused?: true } = {}): void {
    this.#writer.sendControl({ type: 'DIAL_RSP', random, connectId: 0, error, ...extra })
  }

  #countFailure({ error }: AgentStreamEnd): void {
    const { metrics } = this.#components
    metrics.serverConnectionFailures.inc({ direction: 'from_server' })
    const code = grpcStatusName(statusOf(error))
    metrics.streamErrors.inc({ segment: 'to_agent', code, packet_type: 'Unknown' })
  }
}

function statusOf(error: Error | undefined): number {
  if (error instanceof GrpcStatusError) return error.status
  return error instanceof ProtocolError ? error.grpcStatus : GRPC_STATUS.UNAVAILABLE
}

function describe(packet: Packet): string {
  return packet.type === 'UNKNOWN' ? `type ${packet.typeNumber}` : packet.type
}
