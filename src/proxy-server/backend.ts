import { errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { FairWriter, type MessageStreamHandler, type ServerCall, type StreamEnd } from '../transport/index.ts'
import type { AgentIdentifiers } from '../wire/agent-identifiers.ts'
import {
  type CloseResponsePacket,
  type ConnectId,
  type DialRequestPacket,
  type DialResponsePacket,
  decodePacket,
  type Extensions,
  type Packet,
  ProtocolError,
} from '../wire/index.ts'
import type { Connection } from './connection.ts'
import type { ProxyServerMetrics } from './metrics.ts'
import { countStreamError } from './stream-errors.ts'

/** How long an agent that broke the protocol may take to read why its stream ends, in ms. */
const FAREWELL_MS = 1_000

/** A dial that was sent to an agent and has not been answered. */
export interface PendingDial {
  /** Called once, unless the dial was withdrawn before. Returns the connection to register under the answer's connect ID. */
  onAnswer(response: DialResponsePacket): Connection | undefined
  onBackendLost(reason: string): void
}

export interface BackendOptions {
  readonly agentId: string
  readonly identifiers: AgentIdentifiers
  readonly extensions: Extensions
  readonly onLost: (backend: Backend) => void
}

/**
 * An agent's stream: what is pending on it, what is established on it, and the dispatch of what comes from it.
 *
 * Connections and dials are found only here, by their id on this stream, so a wrong id can hurt nobody but its sender.
 * The dispatch never waits: packets are handed to connections that queue them.
 */
export class Backend implements MessageStreamHandler {
  readonly agentId: string
  readonly identifiers: AgentIdentifiers
  readonly extensions: Extensions
  readonly writer: FairWriter
  readonly openedAt = performance.now()
  readonly #log: Logger
  readonly #metrics: ProxyServerMetrics
  readonly #call: ServerCall
  readonly #options: BackendOptions
  readonly #pending = new Map<bigint, PendingDial>()
  readonly #connections = new Map<ConnectId, Connection>()
  #draining = false
  #lost = false
  #farewellTimer: NodeJS.Timeout | undefined
  #holds = 0

  constructor(
    components: { log: Logger; metrics: ProxyServerMetrics; call: ServerCall },
    options: BackendOptions,
  ) {
    this.#options = options
    this.agentId = options.agentId
    this.identifiers = options.identifiers
    this.extensions = options.extensions
    this.#log = components.log.child({ agentId: options.agentId })
    this.#metrics = components.metrics
    this.#call = components.call
    this.writer = new FairWriter(components.call.messages, (type) =>
      components.metrics.countPacket('to_agent', type),
    )
  }

  start(): void {
    this.#call.messages.start(this)
  }

  get draining(): boolean {
    return this.#draining
  }

  /** Connections and dials under way: what the load is measured by. */
  get load(): number {
    return this.#connections.size + this.#pending.size
  }

  get usable(): boolean {
    return !this.#lost && this.#call.messages.writable
  }

  /** Sends a dial. False when the agent cannot be asked: its stream is gone, or the dial ID is in use on it. */
  sendDial(request: DialRequestPacket, pending: PendingDial): boolean {
    if (this.#pending.has(request.random) || !this.writer.sendControl(request)) return false
    this.#pending.set(request.random, pending)
    this.#metrics.pendingDials.inc()
    return true
  }

  /** Nobody waits for this dial any more; the agent may stop trying. */
  withdrawDial(random: bigint): void {
    if (!this.#forgetDial(random)) return
    this.writer.sendControl({ type: 'DIAL_CLS', random })
  }

  /** Stops reading from the agent while at least one connection's backlog is full. */
  hold(): void {
    if (this.#holds++ === 0) this.#call.messages.pause()
    this.#metrics.fullReceiveChannels.inc({ service_method: 'Connect' })
  }

  release(): void {
    if (--this.#holds === 0) this.#call.messages.resume()
    this.#metrics.fullReceiveChannels.dec({ service_method: 'Connect' })
  }

  /** Ends the stream in order: a Go agent sees EOF and connects anew. */
  finish(): void {
    this.#call.finish()
  }

  /** A connection that the agent has not said a last word about, and that is over all the same. */
  forgetConnection(connectId: ConnectId): void {
    this.#connections.delete(connectId)
  }

  onMessage(message: readonly Buffer[]): void {
    if (this.#lost) return
    try {
      this.#dispatch(decodePacket(message))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.onProtocolError(error)
    }
  }

  onProtocolError(err: ProtocolError): void {
    this.#metrics.protocolErrors.inc({ peer: 'agent' })
    this.#log.warn({ err }, 'agent broke the protocol')
    this.#lose('the agent broke the protocol')
    this.#call.finish(err.grpcStatus, err.message)
    this.#farewellTimer = setTimeout(() => this.#call.messages.reset(), FAREWELL_MS)
  }

  onPeerEnd(): void {
    this.#lose('agent disconnected')
    this.#call.finish()
  }

  onClose(end: StreamEnd): void {
    clearTimeout(this.#farewellTimer)
    if (!this.#lost) countStreamError(this.#metrics, 'from_agent', end)
    this.#lose(end.error ? `agent disconnected: ${errorMessage(end.error)}` : 'agent disconnected')
  }

  /** Nothing more is taken from the agent: what was pending fails, what was established is broken off. */
  #lose(reason: string): void {
    if (this.#lost) return
    this.#lost = true
    this.#options.onLost(this)
    for (const random of [...this.#pending.keys()]) this.#forgetDial(random)?.onBackendLost(reason)
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    for (const connection of connections) connection.handleClosed(reason, undefined, 'agent_lost')
  }

  #dispatch(packet: Packet): void {
    if (packet.type !== 'UNKNOWN') this.#metrics.countPacket('from_agent', packet.type)
    switch (packet.type) {
      case 'DATA':
        if (packet.length > 0 && packet.connectId !== 0) this.#handleData(packet.connectId, packet)
        return
      case 'CREDIT':
        this.#connections.get(packet.connectId)?.grant(packet.bytes)
        return
      case 'HALF_CLOSE':
        this.#connections.get(packet.connectId)?.handleHalfClose()
        return
      case 'CLOSE_RSP':
        this.#handleCloseResponse(packet)
        return
      case 'DIAL_RSP':
        this.#handleDialResponse(packet)
        return
      case 'DIAL_CLS':
        this.#handleDialClose(packet.random)
        return
      case 'DRAIN':
        this.#draining = true
        this.#log.info('agent is draining')
        return
      case 'CLOSE_REQ':
      case 'DIAL_REQ':
        this.#log.warn({ packetType: packet.type }, 'agent sent a packet that only frontends send')
        return
      case 'UNKNOWN':
        this.#log.debug({ packetType: packet.typeNumber }, 'packet of unknown type ignored')
        return
      default:
        throw new Error(`unhandled packet ${packet satisfies never}`)
    }
  }

  #handleData(connectId: ConnectId, segment: Parameters<Connection['receive']>[0]): void {
    const connection = this.#connections.get(connectId)
    if (connection) {
      connection.receive(segment)
      return
    }
    this.#log.debug({ connectionId: String(connectId) }, 'data for an unknown connection')
    this.#sendCloseRequest(connectId)
  }

  #handleCloseResponse({ connectId, error, unknown }: CloseResponsePacket): void {
    const connection = this.#connections.get(connectId)
    this.#connections.delete(connectId)
    connection?.handleClosed(error, unknown)
  }

  #handleDialResponse(response: DialResponsePacket): void {
    const failed = response.error !== ''
    if (!failed && (response.connectId === 0 || this.#connections.has(response.connectId))) {
      throw new ProtocolError(`connect ID ${response.connectId} is zero or in use`)
    }
    const pending = this.#forgetDial(response.random)
    if (!pending) {
      this.#metrics.dialFailures.inc({ reason: 'unrecognized_response' })
      this.#log.debug({ dialId: String(response.random) }, 'answer to a dial that nobody waits for')
      if (!failed) this.#sendCloseRequest(response.connectId)
      return
    }
    const connection = pending.onAnswer(response)
    if (connection) this.#connections.set(response.connectId, connection)
  }

  #handleDialClose(random: bigint): void {
    this.#forgetDial(random)?.onAnswer({ type: 'DIAL_RSP', random, connectId: 0, error: 'dial closed' })
  }

  #forgetDial(random: bigint): PendingDial | undefined {
    const pending = this.#pending.get(random)
    if (this.#pending.delete(random)) this.#metrics.pendingDials.dec()
    return pending
  }

  #sendCloseRequest(connectId: ConnectId): void {
    this.writer.sendControl({ type: 'CLOSE_REQ', connectId, error: '' })
  }
}
