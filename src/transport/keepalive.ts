import type { Http2Session } from 'node:http2'
import { destroySession } from './destroy-session.ts'

export interface KeepalivePace {
  /** How often to ask, in milliseconds. */
  readonly intervalMs: number
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number
}

/** Between peers of this project, which both can take it: a peer that is gone is noticed within ten seconds. */
export const BRISK_PACE: KeepalivePace = { intervalMs: 5_000, timeoutMs: 5_000 }

export interface KeepaliveOptions extends KeepalivePace {
  /** Also when no stream is open. gRPC servers object to that unless they say otherwise. */
  readonly withoutStreams?: () => boolean
  /** Called once, with the session still open; the session is destroyed afterwards. */
  readonly onDead?: () => void
}

/**
 * Asks the peer from time to time whether it is still there, and ends the session when it does not answer: without it,
 * a peer that vanished looks like one that has nothing to say. Owns its timers.
 */
export class Keepalive {
  readonly #session: Http2Session
  readonly #options: KeepaliveOptions
  #pace: KeepalivePace
  #timer: NodeJS.Timeout | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor(session: Http2Session, options: KeepaliveOptions) {
    this.#session = session
    this.#options = options
    this.#pace = options
    session.once('close', () => this.stop())
  }

  /** Begins to ask, or goes on at another pace. */
  start(pace: KeepalivePace = this.#pace): this {
    this.#pace = pace
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.ask(), pace.intervalMs)
    this.#timer.unref()
    return this
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#deadline)
  }

  /** Asks now, unless an answer is awaited already. */
  ask(): void {
    if (this.#deadline || this.#session.destroyed || this.#options.withoutStreams?.() === false) return
    this.#deadline = setTimeout(() => {
      this.stop()
      this.#options.onDead?.()
      destroySession(this.#session, 0)
    }, this.#pace.timeoutMs)
    this.#deadline.unref()
    const asked = this.#session.ping(() => this.#answered())
    if (!asked) this.#answered()
  }

  #answered(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }
}
