import type { Http2Session } from 'node:http2'

export interface KeepaliveOptions {
  /** How often to ask, in milliseconds. */
  readonly intervalMs: number
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs: number
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
  #timer: NodeJS.Timeout | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor(session: Http2Session, options: KeepaliveOptions) {
    this.#session = session
    this.#options = options
    session.once('close', () => this.stop())
  }

  start(): this {
    this.#timer = setInterval(() => this.#ask(), this.#options.intervalMs)
    this.#timer.unref()
    return this
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#deadline)
  }

  #ask(): void {
    if (this.#deadline || this.#session.destroyed || this.#options.withoutStreams?.() === false) return
    this.#deadline = setTimeout(() => {
      this.stop()
      this.#options.onDead?.()
      this.#session.destroy()
    }, this.#options.timeoutMs)
    this.#deadline.unref()
    const asked = this.#session.ping(() => this.#answered())
    if (!asked) this.#answered()
  }

  #answered(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }
}
