import type { Logger } from '../common/log.ts'
import type { DialRequestPacket, DialResponsePacket } from '../wire/index.ts'
import type { Backend, PendingDial } from './backend.ts'
import type { BackendRegistry, Candidates } from './backend-registry.ts'
import { Connection, type ConnectionOptions, type ResetReason } from './connection.ts'
import { DIAL_TIMED_OUT, type DialFailure, NO_AGENT, SHUTTING_DOWN } from './dial-failure.ts'
import type { Frontend } from './frontend.ts'
import type { ProxyServerMetrics } from './metrics.ts'

export interface DialerOptions extends Omit<ConnectionOptions, 'onEnded' | 'observeWrite'> {
  /** How long an agent may take to answer, in ms; 0 means for ever. */
  readonly dialTimeoutMs: number
}

/** Finds an agent for a frontend's dial and makes a connection of the agent's answer. Knows every live connection. */
export class Dialer {
  readonly #log: Logger
  readonly #metrics: ProxyServerMetrics
  readonly #registry: BackendRegistry
  readonly #options: DialerOptions
  readonly #observeWrite: (seconds: number) => void
  readonly #connections = new Set<Connection>()
  /** The dials under way, by the function that gives them up. */
  readonly #dials = new Set<(failure: DialFailure) => void>()
  #onIdle: (() => void) | undefined
  #closing = false

  constructor(
    components: { log: Logger; metrics: ProxyServerMetrics; registry: BackendRegistry },
    options: DialerOptions,
  ) {
    this.#log = components.log
    this.#metrics = components.metrics
    this.#observeWrite = (seconds) => components.metrics.frontendWriteDuration.observe(seconds)
    this.#registry = components.registry
    this.#options = options
  }

  /** Connections, and dials under way. */
  get busy(): number {
    return this.#connections.size + this.#dials.size
  }

  /** What waits in all connections together, in bytes. */
  get queuedBytes(): { readonly toAgent: number; readonly toFrontend: number } {
    const total = { toAgent: 0, toFrontend: 0 }
    for (const { queuedBytes } of this.#connections) {
      total.toAgent += queuedBytes.toAgent
      total.toFrontend += queuedBytes.toFrontend
    }
    return total
  }

  /** Resolves once nothing is connected and nothing is being dialled. */
  async idle(): Promise<void> {
    while (this.busy > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    }
  }

  /** From now on every new dial fails. */
  close(): void {
    this.#closing = true
  }

  /** Breaks off what is left, and says how much that was. */
  breakOffAll(): number {
    const dials = [...this.#dials]
    for (const giveUp of dials) giveUp(SHUTTING_DOWN)
    const connections = [...this.#connections]
    for (const connection of connections) connection.breakOff(SHUTTING_DOWN.message, 'shutdown')
    return dials.length + connections.length
  }

  /** Starts a dial; the frontend is told how it ends. The returned function withdraws it, for a frontend that is gone. */
  dial(request: DialRequestPacket, frontend: Frontend): () => void {
    const startedAt = performance.now()
    const candidates = this.#registry.candidatesFor(request.address)
    let asked: Backend | undefined
    let nobodyLeft = NO_AGENT

    const settle = () => {
      clearTimeout(timer)
      this.#dials.delete(giveUp)
    }
    const fail = (failure: DialFailure) => {
      settle()
      this.#metrics.dialFailures.inc({ reason: failure.reason })
      this.#log.debug({ ...describe(request), reason: failure.reason, error: failure.message }, 'dial failed')
      frontend.onDialFailed(failure)
      this.#checkIdle()
    }
    const giveUp = (failure: DialFailure) => {
      asked?.withdrawDial(request.random)
      fail(failure)
    }
    const askNext = () => {
      asked = this.#askOne(candidates, request, pending)
      if (!asked) fail(nobodyLeft)
    }
    const pending: PendingDial = {
      onAnswer: (response) => {
        // To an agent without extensions the field is none of ours: it has answered, as far as it knows.
        if (response.error !== '' && response.refused && asked && asked.extensions.version > 0) {
          this.#log.debug(
            { ...describe(request), agentId: asked.agentId, error: response.error },
            'agent refused the dial',
          )
          nobodyLeft = { ...NO_AGENT, message: response.error }
          askNext()
          return undefined
        }
        if (response.error !== '') {
          fail({ reason: 'error_response', message: response.error, unknown: response.unknown })
          return undefined
        }
        settle()
        this.#metrics.dialDuration.observe((performance.now() - startedAt) / 1000)
        return this.#establish(asked as Backend, response, frontend)
      },
      onBackendLost: (reason) => fail({ reason: 'backend_close', message: reason }),
    }
    const { dialTimeoutMs } = this.#options
    const timer = dialTimeoutMs > 0 ? setTimeout(giveUp, dialTimeoutMs, DIAL_TIMED_OUT) : undefined

    this.#dials.add(giveUp)
    if (this.#closing) giveUp(SHUTTING_DOWN)
    else askNext()
    return () => {
      if (!this.#dials.has(giveUp)) return
      asked?.withdrawDial(request.random)
      settle()
      this.#metrics.dialFailures.inc({ reason: 'frontend_close' })
      this.#checkIdle()
    }
  }

  /** Asks one agent after the other until one takes the dial: what was never sent can safely be sent elsewhere. */
  #askOne(candidates: Candidates, request: DialRequestPacket, pending: PendingDial): Backend | undefined {
    for (let backend = candidates.next(); backend; backend = candidates.next()) {
      if (backend.sendDial(request, pending)) return backend
    }
    return undefined
  }

  #establish(backend: Backend, response: DialResponsePacket, frontend: Frontend): Connection {
    const connection = new Connection(backend, response.connectId, frontend, {
      windowBytes: this.#options.windowBytes,
      halfOpenTimeoutMs: this.#options.halfOpenTimeoutMs,
      observeWrite: this.#observeWrite,
      onEnded: (ended, reset, error) => this.#handleEnded(ended, reset, error),
    })
    this.#connections.add(connection)
    this.#metrics.establishedConnections.inc()
    frontend.onConnected(connection, response.unknown)
    return connection
  }

  #handleEnded(connection: Connection, reset: ResetReason | undefined, error: string): void {
    if (!this.#connections.delete(connection)) return
    this.#metrics.establishedConnections.dec()
    this.#metrics.connectionDuration.observe((performance.now() - connection.establishedAt) / 1000)
    if (reset) {
      this.#metrics.connectionsReset.inc({ reason: reset })
      const connectionId = String(connection.connectId)
      this.#log.debug({ connectionId, reason: reset, error }, 'connection was broken off')
    }
    this.#checkIdle()
  }

  #checkIdle(): void {
    if (this.busy > 0) return
    this.#onIdle?.()
    this.#onIdle = undefined
  }
}

function describe({ random, address }: DialRequestPacket): { dialId: string; address: string } {
  return { dialId: String(random), address }
}
