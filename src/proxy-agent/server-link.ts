import type { Logger } from '../common/log.ts'
import { destroySession } from '../transport/index.ts'
import { AgentStream, type AgentStreamComponents, type AgentStreamOptions } from './agent-stream.ts'
import { LINK_TRANSITIONS, type LinkState } from './link-state.ts'
import type { RedialBackoff } from './redial-backoff.ts'
import type { ServerAddress } from './server-addresses.ts'
import type { ServerConnection, ServerConnector } from './server-connector.ts'
import { StateMachine } from './state-machine.ts'
import { Wait } from './wait.ts'

/** How long a server may take to end a stream that we leave, in milliseconds. */
const LEAVING_MS = 1_000

/** What became of one attempt. */
export type LinkOutcome =
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Another link has this server already. */
  | { readonly kind: 'duplicate'; readonly serverId: string }
  | {
      readonly kind: 'ended'
      readonly serverId: string
      readonly lastedMs: number
      readonly error: Error | undefined
    }

/** Decides for a link what only those can decide who see all links. */
export interface LinkPolicy {
  /** Whether the link may keep this server. From then on it is the link's, until `settle` is told that it ended. */
  admit(link: ServerLink, connection: ServerConnection): boolean
  /** What an attempt came to. */
  settle(link: ServerLink, outcome: LinkOutcome): void
  /** Whether to try again after `outcome`. */
  keeps(link: ServerLink): boolean
  /** How long to wait before the next attempt after `outcome`, in milliseconds. */
  pauseAfter(link: ServerLink, outcome: LinkOutcome): number
}

export interface ServerLinkComponents {
  readonly connector: Pick<ServerConnector, 'connect'>
  readonly policy: LinkPolicy
  readonly backoff: RedialBackoff
  /** For the streams. */
  readonly streams: AgentStreamComponents
  readonly log: Logger
}

export interface ServerLinkOptions {
  readonly address: ServerAddress
  readonly stream: Omit<AgentStreamOptions, 'extensions'>
}

/**
 * The agent's stream to whatever server answers at one address, opened again whenever it ends.
 *
 * Invariant: the state tells what the link is doing, and changes through one door. Owns the stream and its session.
 */
export class ServerLink {
  readonly address: ServerAddress
  readonly backoff: RedialBackoff
  readonly #connector: Pick<ServerConnector, 'connect'>
  readonly #policy: LinkPolicy
  readonly #streams: AgentStreamComponents
  readonly #log: Logger
  readonly #options: ServerLinkOptions
  readonly #closing = new AbortController()
  readonly #state: StateMachine<LinkState>
  readonly #decided = Promise.withResolvers<void>()
  #stream: AgentStream | undefined
  #wait: Wait | undefined
  #done: Promise<void> | undefined
  #lastOutcome: LinkOutcome | undefined

  constructor(components: ServerLinkComponents, options: ServerLinkOptions) {
    this.address = options.address
    this.backoff = components.backoff
    this.#connector = components.connector
    this.#policy = components.policy
    this.#streams = components.streams
    this.#options = options
    this.#log = components.log.child({ address: options.address.key })
    this.#state = new StateMachine(LINK_TRANSITIONS, 'idle', (state, from) => {
      this.#log.debug({ state, from }, 'link changes state')
      if (state !== 'connecting') this.#decided.resolve()
    })
  }

  get state(): LinkState {
    return this.#state.current
  }

  /** True while there is a stream to a server. */
  get connected(): boolean {
    return this.#state.is('ready', 'draining')
  }

  get queuedBytes(): { readonly toTarget: number; readonly toServer: number } {
    return this.#stream?.queuedBytes ?? { toTarget: 0, toServer: 0 }
  }

  /** Resolves once the first attempt has come to something. */
  get firstAttempt(): Promise<void> {
    return this.#decided.promise
  }

  /** What the latest attempt that is over came to. */
  get lastOutcome(): LinkOutcome | undefined {
    return this.#lastOutcome
  }

  start(): void {
    this.#done ??= this.#runForever(this.#closing.signal)
  }

  /** Starts the pause over in which the link may be, because the policy would now choose another one. */
  reconsiderPause(): void {
    this.#wait?.restart()
  }

  /** Asks the server for no more dials; a link without a server is closed. */
  drain(): void {
    if (this.#state.transition('ready', 'draining')) this.#stream?.sendDrain()
    else if (!this.connected) this.close()
  }

  /** Refuses dials and breaks off what is left. Returns how many connections that were. */
  stopServing(): number {
    return this.#stream?.stop() ?? 0
  }

  /** Ends the stream in order, as far as the server goes along. */
  end(): void {
    this.#stream?.end()
  }

  /** Ends everything at once. */
  close(): void {
    this.#closing.abort(new Error('the link is closed'))
  }

  /** Resolves when the link is closed for good. */
  get done(): Promise<void> {
    return this.#done ?? Promise.resolve()
  }

  /** Policy: when to try, and when no more. Never rejects. */
  async #runForever(signal: AbortSignal): Promise<void> {
    try {
      while (this.#state.transition(['idle', 'backoff'], 'connecting')) {
        const outcome = await this.#runOnce(signal)
        this.#lastOutcome = outcome
        if (outcome.kind === 'ended' || !signal.aborted) this.#policy.settle(this, outcome)
        if (signal.aborted || !this.#policy.keeps(this)) break
        if (!this.#state.transition(['connecting', 'ready'], 'backoff', outcome.kind)) break
        this.#wait = new Wait(() => this.#policy.pauseAfter(this, outcome))
        await this.#wait.run(signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#state.transition(['idle', 'connecting', 'ready', 'draining', 'backoff'], 'closed')
    }
  }

  /** Mechanism: connects, serves, and tells how it went once nothing is left of it. */
  async #runOnce(signal: AbortSignal): Promise<LinkOutcome> {
    let connection: ServerConnection
    try {
      connection = await this.#connector.connect(this.address, signal)
    } catch (error) {
      return { kind: 'failed', error }
    }
    const { session, serverId } = connection
    const onAbort = () => destroySession(session)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (!this.#policy.admit(this, connection)) {
        await leave(connection)
        return { kind: 'duplicate', serverId }
      }
      const startedAt = performance.now()
      const { error } = await this.#serve(connection, signal)
      return { kind: 'ended', serverId, lastedMs: performance.now() - startedAt, error }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#stream = undefined
      destroySession(session)
    }
  }

  async #serve(
    { call, extensions }: ServerConnection,
    signal: AbortSignal,
  ): Promise<{ error: Error | undefined }> {
    const stream = new AgentStream(call, this.#streams, { ...this.#options.stream, extensions })
    this.#stream = stream
    this.#state.transition('connecting', 'ready')
    if (signal.aborted) call.messages.reset()
    return stream.serve()
  }
}

/** Ends a stream that was never served, in order: a reset would count as an error at the server. */
async function leave({ call }: ServerConnection): Promise<void> {
  const { promise: left, resolve } = Promise.withResolvers<void>()
  const done = () => resolve()
  call.messages.start({ onMessage: () => {}, onPeerEnd: () => {}, onProtocolError: done, onClose: done })
  call.messages.end()
  const timer = setTimeout(done, LEAVING_MS)
  await left
  clearTimeout(timer)
}
