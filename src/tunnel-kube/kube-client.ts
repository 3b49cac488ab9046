import { z } from 'zod'
import type { Logger } from '../common/log.ts'
import {
  KubeClient as Client,
  type Clock,
  KubeApiError,
  KubeRequestError,
  type ReadAccess,
} from '../kube/index.ts'
import { ApiRequestError, ApiStatusError } from './kube-errors.ts'

/** client-go's. */
const DEFAULT_QPS = 5
const DEFAULT_BURST = 10

const DEFAULT_TIMEOUT_MS = 10_000

/** Servers renew their Leases more often, so silence is a sign that the connection is dead. */
const DEFAULT_WATCH_IDLE_MS = 30_000

const USER_AGENT = 'cluster-proxy'

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Begins with a slash: `/apis/…`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

export interface KubeWatchEvent {
  readonly type: string
  readonly object: unknown
}

/** A Kubernetes API, as JSON. Everything rejects with an ApiStatusError, an ApiRequestError or the signal's reason. */
export interface KubeClient {
  request(request: KubeRequest): Promise<unknown>
  /**
   * Resolves once the API has agreed to the watch. Iterating ends when the API ends the watch, or has been silent for too
   * long; it throws an ApiStatusError where the API sends an error.
   */
  watch(request: Omit<KubeRequest, 'method' | 'body'>): Promise<AsyncIterable<KubeWatchEvent>>
}

export interface HttpKubeClientComponents {
  readonly log: Logger
  readonly clock: Clock
  /** Called before every request, so that what is rotated on disk is in use at once. Rejects with a ConfigError. */
  readonly readAccess: ReadAccess & { forget?(): void }
}

export interface HttpKubeClientOptions {
  /** 0 means 5, negative no limit. @default 0 */
  readonly qps?: number
  /** 0 means 10. @default 0 */
  readonly burst?: number
  /** For each request; the wait for its turn does not count. @default 10_000 */
  readonly timeoutMs?: number
  /** A watch on which nothing comes for so long is over. @default 30_000 */
  readonly watchIdleMs?: number
}

/** What the API answered, as it has to be. */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { success, data, error } = schema.safeParse(answer)
  if (success) return data
  throw new ApiRequestError(`unexpected answer: ${z.prettifyError(error)}`, { cause: error })
}

/**
 * The client of `src/kube` as the tunnel uses it: a failure is for the task that has asked, which comes again by itself, and a
 * watch that is silent has ended.
 */
export class HttpKubeClient implements KubeClient {
  readonly #client: Client
  readonly #watchIdleMs: number

  constructor(components: HttpKubeClientComponents, options: HttpKubeClientOptions = {}) {
    this.#client = new Client(components, {
      qps: options.qps || DEFAULT_QPS,
      burst: options.burst || DEFAULT_BURST,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      retries: 0,
      accessMaxAgeMs: 0,
      userAgent: USER_AGENT,
    })
    this.#watchIdleMs = options.watchIdleMs ?? DEFAULT_WATCH_IDLE_MS
  }

  /** Reads how to reach the API, without asking it anything. Rejects with a ConfigError. */
  start(): Promise<void> {
    return this.#client.start()
  }

  /** Breaks off what is under way. */
  stop(): Promise<void> {
    return this.#client.stop()
  }

  async request(request: KubeRequest): Promise<unknown> {
    try {
      return await this.#client.request(request)
    } catch (error) {
      throw asApiError(error)
    }
  }

  async watch(request: Omit<KubeRequest, 'method' | 'body'>): Promise<AsyncIterable<KubeWatchEvent>> {
    const silence = new AbortController()
    const signal = request.signal ? AbortSignal.any([request.signal, silence.signal]) : silence.signal
    try {
      return this.#untilSilent(await this.#client.watch({ ...request, signal }), silence)
    } catch (error) {
      throw asApiError(error)
    }
  }

  async *#untilSilent(
    events: AsyncIterable<KubeWatchEvent>,
    silence: AbortController,
  ): AsyncGenerator<KubeWatchEvent> {
    const alarm = setTimeout(() => silence.abort(), this.#watchIdleMs)
    try {
      for await (const event of events) {
        alarm.refresh()
        yield event
      }
    } catch (error) {
      if (!silence.signal.aborted) throw asApiError(error)
    } finally {
      clearTimeout(alarm)
    }
  }
}

/** With the codes and the reasons under which logs and metrics of the tunnel know them; anything else stays as it is. */
function asApiError(error: unknown): unknown {
  if (error instanceof KubeRequestError) return new ApiRequestError(error.message, { cause: error.cause })
  if (!(error instanceof KubeApiError)) return error
  const { status, message } = error
  const reason = error.reason === 'Unknown' ? '' : error.reason
  return new ApiStatusError(status, reason, message)
}
