import { StatusError } from '../api/status.ts'
import { isPrivileged, type User } from '../rbac/index.ts'
import { Tally } from './tally.ts'

/** How many bytes of answers may be on their way at once. */
export interface AnswerLimits {
  readonly inAll: number
  readonly perUser: number
}

/** Clients that do not read what they have asked for shall not have the memory: it is kept until they do, or their time is up. */
const DEFAULT_LIMITS: AnswerLimits = { inAll: 1024 ** 3, perUser: 256 * 1024 ** 2 }

/** So little is with the operating system at once, or nearly. */
const SMALL_BYTES = 64 * 1024

/** Answers that are on their way to clients, bounded by their bytes. */
export class AnswerLimit {
  readonly #limits: AnswerLimits
  readonly #bytes = new Tally()

  constructor(limits: AnswerLimits = DEFAULT_LIMITS) {
    this.#limits = limits
  }

  /**
   * Counts an answer until `signal` is aborted. A user that gets nothing else gets it, however large it is, and so does whoever may do
   * everything.
   *
   * @throws StatusError TooManyRequests
   */
  add(user: User, body: readonly Buffer[], signal: AbortSignal): void {
    const bytes = body.reduce((sum, { length }) => sum + length, 0)
    if (bytes < SMALL_BYTES || signal.aborted) return
    const { name } = user
    const own = this.#bytes.of(name)
    const { inAll, perUser } = this.#limits
    const isTooMuch = own > 0 && (own + bytes > perUser || this.#bytes.inAll + bytes > inAll)
    if (isTooMuch && !isPrivileged(user)) {
      throw new StatusError('TooManyRequests', 'Too much is being answered, please try again later.', {
        retryAfterSeconds: 1,
      })
    }
    this.#bytes.add(name, bytes)
    signal.addEventListener('abort', () => this.#bytes.add(name, -bytes), { once: true })
  }
}
