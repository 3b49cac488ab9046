import type { Logger } from '../../common/log.ts'
import { StorageError } from '../storage/index.ts'

const EVERY_MS = 1_000

/** What a request was that failed. */
export interface FailedRequest {
  readonly method: string
  readonly url: string | undefined
}

/** Says of each fault of ours what it was; of a storage that takes nothing only once a second, for all writes fail then. */
export class FailureLog {
  readonly #log: Logger
  readonly #now: () => number
  #saidAt = Number.NEGATIVE_INFINITY
  #unsaid = 0

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log
    this.#now = now
  }

  failed(err: unknown, { method, url }: FailedRequest): void {
    if (!(err instanceof StorageError)) {
      this.#log.error({ err, method, url }, 'request failed')
      return
    }
    const now = this.#now()
    if (now - this.#saidAt < EVERY_MS) {
      this.#unsaid++
      return
    }
    this.#log.error({ err, method, url, othersBefore: this.#unsaid }, 'the storage failed a request')
    this.#saidAt = now
    this.#unsaid = 0
  }
}
