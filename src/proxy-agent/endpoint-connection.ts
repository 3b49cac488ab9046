import { joinHostPort } from '../common/listen.ts'
import {
  type BacklogLimit,
  type CreditLimit,
  type FairWriter,
  InboundFlow,
  type Segment,
  toSegment,
} from '../transport/index.ts'
import type { Extensions } from '../wire/index.ts'
import { connectionErrorText } from './go-net-errors.ts'
import { StateMachine } from './state-machine.ts'
import type { StreamGate } from './stream-gate.ts'
import { TargetFlow } from './target-flow.ts'
import { TargetSink } from './target-sink.ts'
import type { TargetSocket } from './target-socket.ts'

/** How long a target may take to accept the rest of what it was sent, after the last byte moved, and then to close. */
export const LINGER_MS = 30_000

/** A target that goes on sending after the close is drained of so much, so that it gets to see our FIN; then it has to wait. */
const LINGER_DISCARD_BYTES = 4 * 1024 * 1024

/** Why a connection was broken off, in the label values of `connections_reset_total`. */
export type ResetReason =
  | 'target'
  | 'frontend'
  | 'server_lost'
  | 'stuck_reader'
  | 'half_open_timeout'
  | 'stopping'

/** One connection to a target. This table is the whole truth. */
const CONNECTION_TRANSITIONS = {
  /** Both ways. */
  open: ['targetEnded', 'serverEnded', 'lingering', 'closed'],
  /** The target sends no more, and may still be sent to. */
  targetEnded: ['lingering', 'closed'],
  /** The frontend sends no more, and may still be sent to. */
  serverEnded: ['lingering', 'closed'],
  /** CLOSE_RSP is on its way, the frontend is done; the target still gets the rest. */
  lingering: ['closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>

type ConnectionState = keyof typeof CONNECTION_TRANSITIONS

export interface EndpointConnectionComponents {
  /** Connected, with nobody reading from it yet. Owned from now on. */
  readonly socket: TargetSocket
  readonly writer: FairWriter
  readonly gate: StreamGate
  /** One read of the target was handed on. */
  readonly onData: () => void
  readonly onReset: (reason: ResetReason) => void
  /** The socket is gone. Called once. */
  readonly onClosed: () => void
}

export interface EndpointConnectionOptions {
  readonly connectId: number
  /** `tcp`, `tcp4` or `tcp6`. */
  readonly protocol: string
  readonly extensions: Extensions
  /** What we let the server send ahead, in bytes. */
  readonly windowBytes: number
  /** 0 means never. */
  readonly halfOpenTimeoutMs: number
  /** @default LINGER_MS */
  readonly lingerMs?: number
  /** @default the transport's */
  readonly backlog?: Pick<BacklogLimit, 'capBytes' | 'stuckMs'>
}

/**
 * A connection to a target, and what is on its way in either direction.
 *
 * Invariant: exactly one CLOSE_RSP is sent, behind what the frontend is still to get, when the connection leaves the states
 * in which the frontend takes part; nothing that the frontend was promised depends on the target after that. Owns the
 * socket and its timers.
 */
export class EndpointConnection {
  readonly #socket: TargetSocket
  readonly #onData: () => void
  readonly #onReset: (reason: ResetReason) => void
  readonly #options: EndpointConnectionOptions
  readonly #state: StateMachine<ConnectionState>
  readonly #fromServer: InboundFlow
  readonly #toServer: TargetFlow
  readonly #endpoints: { readonly local: string; readonly remote: string }
  #lingerTimer: NodeJS.Timeout | undefined
  #discardedBytes = 0

  constructor(components: EndpointConnectionComponents, options: EndpointConnectionOptions) {
    const { socket, writer, gate } = components
    const { connectId, extensions } = options
    this.#socket = socket
    this.#onData = components.onData
    this.#onReset = components.onReset
    this.#options = options
    this.#state = new StateMachine(CONNECTION_TRANSITIONS, 'open')
    this.#endpoints = {
      local: joinHostPort(socket.localAddress ?? '', socket.localPort ?? 0),
      remote: joinHostPort(socket.remoteAddress ?? '', socket.remotePort ?? 0),
    }
    const credit: CreditLimit = {
      windowBytes: options.windowBytes,
      grant: (bytes) => void writer.sendControl({ type: 'CREDIT', connectId, bytes }),
    }
    const backlog: BacklogLimit = {
      ...options.backlog,
      onFull: gate.close,
      onRoom: gate.open,
      onStuck: () => this.#breakOff('stuck_reader', 'the target does not read'),
    }
    this.#fromServer = new InboundFlow(new TargetSink(socket), this.#speaksExtensions ? credit : backlog)
    this.#toServer = new TargetFlow(writer, connectId, {
      windowBytes: this.#speaksExtensions ? extensions.peerWindowBytes : undefined,
      onDrain: () => socket.resume(),
    })
    socket.once('close', () => {
      this.#handleSocketClose()
      components.onClosed()
    })
    socket.on('error', (error) => this.#handleSocketError(error))
  }

  /** Begins to read from the target; what it sends goes behind everything that the caller has sent before. */
  start(): void {
    const socket = this.#socket
    socket.onBytes = (bytes) => this.#handleSocketData(bytes)
    socket.once('end', () => this.#handleSocketEnd())
    socket.once('finish', () => this.#handleSocketFinish())
    socket.on('timeout', () => this.#handleSocketIdle())
    socket.resume()
  }

  get queuedBytes(): { readonly toTarget: number; readonly toServer: number } {
    return {
      toTarget: this.#fromServer.queuedBytes + this.#socket.writableLength,
      toServer: this.#toServer.queuedBytes,
    }
  }

  /**
   * DATA for the target; never waits.
   *
   * @throws ProtocolError when the server sends more than it was granted
   */
  handleData(segment: Segment): void {
    this.#fromServer.receive(segment)
  }

  /** CREDIT: the frontend has consumed bytes. Throws a ProtocolError when it was sent fewer. */
  handleCredit(bytes: number): void {
    this.#toServer.grant(bytes)
    this.#socket.setTimeout(this.#socket.timeout ?? 0) // bytes have moved, if not on the socket
  }

  /** HALF_CLOSE: the frontend sends no more. */
  handleHalfClose(): void {
    if (this.#state.transition('open', 'serverEnded')) {
      this.#endTargetBehindBytes()
      this.#socket.setTimeout(this.#options.halfOpenTimeoutMs)
    } else if (this.#state.transition('targetEnded', 'lingering')) {
      this.#linger()
    }
  }

  /** CLOSE_REQ: the frontend is done, or, with an error, was broken off. */
  handleCloseRequest(error: string): void {
    this.#toServer.stopWaitingForCredit() // also for a CLOSE_RSP that is on its way already
    if (error !== '') this.#breakOff('frontend', '')
    else if (this.#state.transition(['open', 'targetEnded', 'serverEnded'], 'lingering')) this.#linger()
  }

  /** The stream to the server is gone. What was closed in order before is still delivered. */
  handleServerLost(): void {
    this.#toServer.forget()
    if (!this.#state.is('lingering')) this.#breakOff('server_lost', 'the proxy server is gone')
  }

  /** The agent stops: tells the frontend and resets the target, whatever there still was to do. */
  stop(): void {
    const text = 'agent is stopping'
    if (this.#state.is('closed')) this.#toServer.discard(text)
    else this.#breakOff('stopping', text)
  }

  /** True once nothing is left of the target's side. */
  get targetGone(): boolean {
    return this.#socket.closed
  }

  get #speaksExtensions(): boolean {
    return this.#options.extensions.version > 0
  }

  #handleSocketData(chunk: Buffer): void {
    if (this.#state.is('open', 'serverEnded')) {
      this.#onData()
      if (!this.#toServer.send(toSegment(chunk))) this.#socket.pause()
      return
    }
    this.#discardedBytes += chunk.length
    if (this.#discardedBytes > LINGER_DISCARD_BYTES) this.#socket.pause()
  }

  #handleSocketEnd(): void {
    if (this.#state.transition('serverEnded', 'lingering')) {
      this.#linger()
    } else if (!this.#speaksExtensions) {
      if (this.#state.transition('open', 'lingering')) this.#linger()
    } else if (this.#state.transition('open', 'targetEnded')) {
      this.#toServer.sendBehind({ type: 'HALF_CLOSE', connectId: this.#options.connectId })
      this.#socket.setTimeout(this.#options.halfOpenTimeoutMs)
    }
  }

  /** All bytes and the FIN are with the kernel; the target has a last chance to close by itself. */
  #handleSocketFinish(): void {
    if (!this.#state.is('lingering')) return
    this.#lingerTimer ??= setTimeout(() => this.#socket.destroy(), this.#lingerMs)
  }

  #handleSocketIdle(): void {
    if (this.#state.is('lingering')) this.#socket.destroy()
    else this.#breakOff('half_open_timeout', 'the half-open connection was idle for too long')
  }

  #handleSocketError(error: Error): void {
    const text = connectionErrorText(this.#options.protocol, this.#endpoints, error)
    this.#close('target', text)
  }

  #handleSocketClose(): void {
    clearTimeout(this.#lingerTimer)
    this.#fromServer.discard()
    this.#state.transition('lingering', 'closed')
  }

  /** Says goodbye to the frontend, and hands the target what it is still to get. */
  #linger(): void {
    this.#sendCloseResponse('')
    this.#endTargetBehindBytes()
    this.#socket.setTimeout(this.#lingerMs)
    this.#socket.resume() // unread bytes would turn our close into a reset
    if (this.#socket.writableFinished) this.#handleSocketFinish()
  }

  #endTargetBehindBytes(): void {
    this.#fromServer.closeBehind(() => {
      this.#socket.end()
      this.#fromServer.discard()
    })
  }

  /** Ends the connection with a reset in both directions; what the frontend has not got yet is dropped. */
  #breakOff(reason: ResetReason, text: string): void {
    if (this.#state.is('closed')) return
    this.#toServer.discard(text) // a close that waited behind what is dropped is no clean one any more
    this.#close(reason, text)
  }

  /** Ends the connection with a reset toward the target; the frontend gets what was read before, then `text`. */
  #close(reason: ResetReason, text: string): void {
    const frontendTakesPart = !this.#state.is('lingering')
    if (!this.#state.transition(['open', 'targetEnded', 'serverEnded', 'lingering'], 'closed', reason)) return
    if (frontendTakesPart) this.#sendCloseResponse(text)
    this.#onReset(reason)
    this.#fromServer.discard()
    this.#socket.resetAndDestroy()
  }

  #sendCloseResponse(error: string): void {
    this.#toServer.sendBehind({ type: 'CLOSE_RSP', connectId: this.#options.connectId, error })
  }

  get #lingerMs(): number {
    return this.#options.lingerMs ?? LINGER_MS
  }
}
