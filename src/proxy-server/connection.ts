import {
  type BacklogLimit,
  type CreditLimit,
  InboundFlow,
  OutboundFlow,
  type Segment,
} from '../transport/index.ts'
import { type ConnectId, ProtocolError } from '../wire/index.ts'
import type { Backend } from './backend.ts'
import type { Frontend } from './frontend.ts'

/**
 * `open`: both directions; `frontendDone` / `targetDone`: that side has finished sending; `finished`: both have, and the
 * agent's CLOSE_RSP is awaited; `closing`: CLOSE_REQ is with the agent; `closed`: the agent has forgotten it, though
 * bytes may still be on their way to the frontend.
 */
export type ConnectionState = 'open' | 'frontendDone' | 'targetDone' | 'finished' | 'closing' | 'closed'

export interface ConnectionOptions {
  /** What each direction may have under way toward and from an agent with extensions, in bytes. */
  readonly windowBytes: number
  /** How long a connection with one direction closed may stand still, in ms; 0 means for ever. */
  readonly halfOpenTimeoutMs: number
  /** Called once, when nothing of the connection is left. */
  readonly onEnded: (connection: Connection, error: string) => void
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
    this.#toFrontend = new InboundFlow(frontend, version > 0 ? this.#creditLimit() : this.#backlogLimit())
  }

  get state(): ConnectionState {
    return this.#state
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
      this.requestClose()
      return
    }
    this.#setState(this.#state === 'open' ? 'frontendDone' : 'finished')
    this.#toTarget.sendBehind({ type: 'HALF_CLOSE', connectId: this.connectId })
  }

  /** The frontend asks to close. It is answered by the agent, or here when bytes still wait for the target to read. */
  requestClose(): void {
    // Once both directions have ended, the agent closes by itself.
    if (this.#state === 'finished' || this.#state === 'closing' || this.#state === 'closed') return
    this.#setState('closing')
    if (!this.#frontend.readsAfterClose) this.#toFrontend.discard()
    // A CLOSE_RSP must not wait for a target that does not read.
    const bytesWait = this.#toTarget.queuedBytes > 0
    this.#toTarget.sendBehind({ type: 'CLOSE_REQ', connectId: this.connectId, error: '' })
    if (bytesWait) this.#closeFrontend('')
  }

  /** The frontend is gone without having closed. */
  abort(reason: string): void {
    this.#frontendAttached = false
    this.#toFrontend.discard()
    if (this.#state === 'closed') this.#end(reason)
    if (this.#state === 'closed' || this.#state === 'closing') return
    this.#setState('closing')
    this.#toTarget.discard()
    this.#toTarget.sendBehind({
      type: 'CLOSE_REQ',
      connectId: this.connectId,
      error: this.backend.extensions.version > 0 ? reason : '',
    })
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
      this.#closeFrontend('')
      this.requestClose()
    })
  }

  /** The agent has forgotten the connection; `error` says why it was broken off, if it was. */
  handleClosed(error: string): void {
    if (this.#state === 'closed') return
    this.#setState('closed')
    this.#toTarget.discard()
    const end = () => {
      this.#closeFrontend(error)
      this.#end(error)
    }
    if (this.#toFrontend.discarded) end()
    else this.#toFrontend.closeBehind(end)
  }

  #closeFrontend(error: string): void {
    if (!this.#frontendAttached) return
    this.#frontendAttached = false
    this.#toFrontend.discard()
    this.#frontend.close(error)
  }

  #end(error: string): void {
    clearTimeout(this.#halfOpenTimer)
    this.#options.onEnded(this, error)
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
    const quietMs = performance.now() - this.#movedAt
    if (quietMs >= halfOpenTimeoutMs) {
      this.#giveUp()
      return
    }
    this.#halfOpenTimer = setTimeout(this.#checkHalfOpen, halfOpenTimeoutMs - quietMs)
  }

  #giveUp(): void {
    const state = this.#state
    this.breakOff('half-open connection timed out')
    if (state !== 'closing') return
    // The agent has not answered CLOSE_REQ: it will not any more.
    this.#toTarget.discard()
    this.backend.forgetConnection(this.connectId)
    this.handleClosed('the agent did not answer the close')
  }

  /** Breaks the connection off on both sides. */
  breakOff(reason: string): void {
    this.#closeFrontend(reason)
    this.abort(reason)
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
      onStuck: () => this.breakOff('the frontend has not read for too long'),
    }
  }
}
