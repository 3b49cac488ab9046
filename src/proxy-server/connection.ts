import {
  type BacklogLimit,
  type CreditLimit,
  InboundFlow,
  OutboundFlow,
  type Segment,
} from '../transport/index.ts'
import { type CloseRequestPacket, type ConnectId, ProtocolError, type UnknownFields } from '../wire/index.ts'
import type { Backend } from './backend.ts'
import type { Frontend } from './frontend.ts'
import { TimedSink } from './timed-sink.ts'

/**
 * `open`: both directions; `frontendDone` / `targetDone`: that side has finished sending; `finished`: both have, and the
 * agent's CLOSE_RSP is awaited; `closing`: CLOSE_REQ is with the agent; `closed`: the agent has forgotten it, though
 * bytes may still be on their way to the frontend.
 */
export type ConnectionState = 'open' | 'frontendDone' | 'targetDone' | 'finished' | 'closing' | 'closed'

/** What broke a connection off; a label value of `connections_reset_total`. */
export type ResetReason =
  | 'target'
  | 'agent_lost'
  | 'frontend'
  | 'frontend_stuck'
  | 'half_open_timeout'
  | 'shutdown'

export interface ConnectionOptions {
  /** What each direction may have under way toward and from an agent with extensions, in bytes. */
  readonly windowBytes: number
  /** How long a connection with one direction closed may stand still, in ms; 0 means for ever. */
  readonly halfOpenTimeoutMs: number
  /** How long each write to the frontend took to leave, in seconds. */
  readonly observeWrite: (seconds: number) => void
  /** Called once, when nothing of the connection is left. */
  readonly onEnded: (connection: Connection, reset: ResetReason | undefined, error: string) => void
}

/**
 * An established connection: a frontend on one side, a connect ID on an agent's stream on the other. Nothing in here waits:
 * bytes that cannot go on are queued, within bounds, and their source is paused.
 *
 * Invariant: the frontend's `close` is called exactly once, behind every byte that was received for it.
 */
export class Connection {
  readonly connectId: ConnectId
  readonly backend: Backend
  readonly establishedAt = performance.now()
  readonly #frontend: Frontend
  readonly #options: ConnectionOptions
  readonly #toTarget: OutboundFlow
  readonly #toFrontend: InboundFlow
  #state: ConnectionState = 'open'
  /** False once the frontend has been told that the connection is over, or has gone away. */
  #frontendAttached = true
  #halfOpenTimer: NodeJS.Timeout | undefined
  #movedAt = 0
  #resetReason: ResetReason | undefined
  #leftBefore = 0

  constructor(backend: Backend, connectId: ConnectId, frontend: Frontend, options: ConnectionOptions) {
    this.backend = backend
    this.connectId = connectId
    this.#frontend = frontend
    this.#options = options
    const { version, peerWindowBytes } = backend.extensions
    this.#toTarget = new OutboundFlow(backend.writer, connectId, {
      windowBytes: version > 0 ? peerWindowBytes : undefined,
      onDrain: () => {
        this.#moved()
        if (this.#frontendAttached) frontend.resumeSource()
      },
    })
    const sink = new TimedSink(frontend, options.observeWrite)
    this.#toFrontend = new InboundFlow(sink, version > 0 ? this.#creditLimit() : this.#backlogLimit())
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** What waits, in bytes, to be sent to the agent and to be taken by the frontend. */
  get queuedBytes(): { readonly toAgent: number; readonly toFrontend: number } {
    return {
      toAgent: this.#toTarget.queuedBytes,
      toFrontend: this.#toFrontend.queuedBytes + (this.#frontendAttached ? this.#frontend.queuedBytes : 0),
    }
  }

  /** Holds received bytes back until `release`, for a frontend that is not ready for them. */
  hold(): void {
    this.#toFrontend.hold()
  }

  release(): void {
    this.#toFrontend.release()
  }

  // What the frontend does.

  /** Passes bytes on. False asks the frontend to wait for `resumeSource`. */
  sendToTarget(segment: Segment): boolean {
    if (this.#state !== 'open' && this.#state !== 'targetDone') return true
    this.#moved()
    return this.#toTarget.send(segment)
  }

  /** The frontend will send no more, and still reads. */
  finishSending(): void {
    if (this.#state !== 'open' && this.#state !== 'targetDone') return
    if (this.backend.extensions.version === 0) {
      this.#sendCloseRequest()
      return
    }
    this.#setState(this.#state === 'open' ? 'frontendDone' : 'finished')
    this.#toTarget.sendBehind({ type: 'HALF_CLOSE', connectId: this.connectId })
  }

  /** The frontend asks to close. It is answered by the agent, or here when bytes still wait for the target to read. */
  requestClose(unknown?: UnknownFields): void {
    if (this.#state === 'closing') return
    const willNotRead = !this.#frontend.readsAfterClose
    if (this.#state === 'closed') {
      if (willNotRead) this.#finish('') // the agent's CLOSE_RSP is here, behind bytes that nobody wants any more
      return
    }
    if (willNotRead) this.#toFrontend.discard()
    // A CLOSE_RSP must not wait for a target that does not read.
    const bytesWait = this.#toTarget.queuedBytes > 0
    this.#sendCloseRequest(unknown)
    if (bytesWait) this.#closeFrontend('')
  }

  /** The frontend is gone, after both directions had ended: the agent closes by itself. */
  detach(): void {
    this.#frontendAttached = false
    this.#toFrontend.discard()
    if (this.#state === 'closed') this.#end('')
  }

  /** The frontend is gone without having closed. */
  abort(error: string, reason: ResetReason = 'frontend'): void {
    this.#frontendAttached = false
    this.#toFrontend.discard()
    if (this.#state === 'closing') return
    this.#resetReason ??= reason
    if (this.#state === 'closed') {
      this.#end(error)
      return
    }
    this.#toTarget.discard()
    this.#sendCloseRequest(undefined, this.#tellable(error))
  }

  // What the agent does.

  /** @throws ProtocolError when the agent sends more than it was granted, or has said that it would send no more */
  receive(segment: Segment): void {
    if (this.#state === 'targetDone' || this.#state === 'finished') {
      throw new ProtocolError(`data behind the half-close of connection ${this.connectId}`)
    }
    this.#moved()
    this.#toFrontend.receive(segment)
  }

  /** @throws ProtocolError when the agent grants more than it was sent */
  grant(bytes: number): void {
    this.#moved()
    this.#toTarget.grant(bytes)
  }

  handleHalfClose(): void {
    if (this.#state === 'open') this.#setState('targetDone')
    else if (this.#state === 'frontendDone') this.#setState('finished')
    else return
    this.#toFrontend.closeBehind(() => {
      if (this.#frontend.canHalfClose) {
        this.#frontend.finishSending()
        return
      }
      if (this.#state === 'closed') {
        this.#finish('') // the agent's CLOSE_RSP has come meanwhile
        return
      }
      this.#closeFrontend('')
      this.requestClose()
    })
  }

  /** The agent has forgotten the connection; `error` says why it was broken off, if it was. */
  handleClosed(error: string, unknown?: UnknownFields, reason: ResetReason = 'target'): void {
    if (this.#state === 'closed') return
    if (error !== '') this.#resetReason ??= reason
    this.#setState('closed')
    this.#toTarget.forget()
    if (this.#toFrontend.discarded) this.#finish(error, unknown)
    else this.#toFrontend.closeBehind(() => this.#finish(error, unknown))
  }

  #sendCloseRequest(unknown?: UnknownFields, error = ''): void {
    this.#setState('closing')
    const { connectId } = this
    const request: CloseRequestPacket = {
      type: 'CLOSE_REQ',
      connectId,
      error,
      ...(unknown ? { unknown } : {}),
    }
    this.#toTarget.sendBehind(request)
  }

  /** The text of a break, where the agent understands it: to others every CLOSE_REQ is the same. */
  #tellable(reason: string): string {
    return this.backend.extensions.version > 0 ? reason : ''
  }

  #closeFrontend(error: string, unknown?: UnknownFields): void {
    if (!this.#frontendAttached) return
    this.#frontendAttached = false
    this.#toFrontend.discard()
    this.#frontend.close(error, unknown)
  }

  /** The last step, once the agent has forgotten the connection and the frontend is to hear of it. */
  #finish(error: string, unknown?: UnknownFields): void {
    this.#closeFrontend(error, unknown)
    this.#end(error)
  }

  #end(error: string): void {
    clearTimeout(this.#halfOpenTimer)
    this.#options.onEnded(this, this.#resetReason, error)
  }

  /** The first state that is not `open` starts the clock on a connection that is only waiting for its end. */
  #setState(state: ConnectionState): void {
    this.#state = state
    this.#movedAt = performance.now()
    const { halfOpenTimeoutMs } = this.#options
    if (halfOpenTimeoutMs > 0) this.#halfOpenTimer ??= setTimeout(this.#checkHalfOpen, halfOpenTimeoutMs)
  }

  #moved(): void {
    if (this.#halfOpenTimer) this.#movedAt = performance.now()
  }

  readonly #checkHalfOpen = (): void => {
    const { halfOpenTimeoutMs } = this.#options
    const left = this.#toFrontend.queuedBytes
    if (left < this.#leftBefore) this.#movedAt = performance.now() // a frontend that reads slowly does read
    this.#leftBefore = left
    const quietMs = performance.now() - this.#movedAt
    if (quietMs >= halfOpenTimeoutMs) {
      this.#halfOpenTimer = undefined // so that the agent's answer is waited for in the same way
      this.#giveUp()
      return
    }
    this.#halfOpenTimer = setTimeout(this.#checkHalfOpen, halfOpenTimeoutMs - quietMs)
  }

  #giveUp(): void {
    const state = this.#state
    const error = 'half-open connection timed out'
    if (this.#toFrontend.queuedBytes > 0) this.#cutOff(error, 'half_open_timeout')
    else this.breakOff(error, 'half_open_timeout')
    if (state !== 'closing') return
    // The agent has not answered CLOSE_REQ, or not let us send it: it will not any more.
    this.#toTarget.discard(this.#tellable(error))
    this.backend.forgetConnection(this.connectId)
    this.handleClosed('the agent did not answer the close', undefined, 'half_open_timeout')
  }

  /** Breaks the connection off on both sides. */
  breakOff(error: string, reason: ResetReason): void {
    this.#closeFrontend(error)
    this.abort(error, reason)
  }

  /** The same for a frontend that does not read, and so would not hear of it. */
  #cutOff(error: string, reason: ResetReason): void {
    if (this.#frontendAttached) this.#frontend.cutOff()
    this.abort(error, reason)
  }

  #creditLimit(): CreditLimit {
    return {
      windowBytes: this.#options.windowBytes,
      grant: (bytes) => {
        this.#moved()
        if (this.#state === 'closed') return
        this.backend.writer.sendControl({ type: 'CREDIT', connectId: this.connectId, bytes })
      },
    }
  }

  #backlogLimit(): BacklogLimit {
    return {
      onFull: () => this.backend.hold(),
      onRoom: () => this.backend.release(),
      onStuck: () => this.#cutOff('the frontend has not read for too long', 'frontend_stuck'),
    }
  }
}
