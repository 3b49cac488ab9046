import { errorMessage } from '../../../common/errors.ts'
import {
  type Clock,
  KubeApiError,
  type KubeClient,
  KubeRequestError,
  withDeadline,
} from '../../../kube/index.ts'

/** A failure counts once it has lasted for so long: an API server may be away for a moment. */
export const FAILURE_COUNTS_AFTER_MS = 20_000
/** After a failure it is asked again so soon. */
export const ASK_AGAIN_AFTER_MS = 5000

/** Many things that happen at once are no reason to ask as often. */
const FRESH_FOR_MS = 5000

const DEADLINE_MS = 10_000

export interface ApiHealthReport {
  readonly isHealthy: boolean
  /** For how long it has not been healthy, in ms. */
  readonly failingForMs: number
  /** What is wrong, as the condition says it. */
  readonly message: string
}

/** Asks an API server whether it is well, and remembers since when it is not. */
export class ApiHealth {
  readonly #client: KubeClient
  readonly #clock: Clock
  #askedAt: number | undefined
  #failingSince: number | undefined

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Does not ask again what was good some seconds ago. Rejects with the reason of the signal. */
  async check(signal: AbortSignal): Promise<ApiHealthReport> {
    const now = this.#clock.monotonic()
    const isFresh = this.#askedAt !== undefined && now - this.#askedAt < FRESH_FOR_MS
    if (isFresh && this.#failingSince === undefined) return HEALTHY
    const problem = await this.#ask(signal)
    this.#askedAt = now
    if (problem === undefined) {
      this.#failingSince = undefined
      return HEALTHY
    }
    this.#failingSince ??= now
    return { isHealthy: false, failingForMs: now - this.#failingSince, message: problem }
  }

  /** Old API servers have but the latter. */
  async #ask(signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#get('/livez', signal)
    const { status, text } = [403, 404].includes(answer.status) ? await this.#get('/healthz', signal) : answer
    return status === 200 ? undefined : `The kube-apiserver is not ok, status code: ${status}, ${text}`
  }

  /** The status is 0 where there was no answer. */
  async #get(path: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const error = () => new KubeRequestError(`no answer to GET ${path}`)
    try {
      return await withDeadline({ ms: DEADLINE_MS, error, signal }, (within) =>
        this.#client.raw({ method: 'GET', path, signal: within }),
      )
    } catch (error) {
      signal.throwIfAborted()
      return { status: error instanceof KubeApiError ? error.status : 0, text: errorMessage(error) }
    }
  }
}

const HEALTHY: ApiHealthReport = { isHealthy: true, failingForMs: 0, message: '' }
