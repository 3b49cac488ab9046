import type { Readable } from 'node:stream'
import manifest from '../../../package.json' with { type: 'json' }
import type { KubeObject } from '../../apis/meta/v1.ts'
import { formatDuration } from '../../common/duration.ts'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import { raceSignal } from '../../common/race-signal.ts'
import type { ClusterAccess, Impersonation } from '../access/cluster-access.ts'
import { FreshAccess, type FreshAccessComponents } from '../access/fresh-access.ts'
import { type Clock, systemClock } from '../clock.ts'
import { apiErrorFrom, isUnauthorized, KubeApiError, KubeRequestError } from '../errors.ts'
import { Connections } from './connections.ts'
import { linesOf } from './lines.ts'
import { type KubeAnswer, type KubeRequest, queryText, titleOf } from './request.ts'
import { ResourceClient } from './resource-client.ts'
import type { ResourceDefinition } from './resource-definition.ts'
import { RetryableApiError, retryAfterSeconds, retryDelayMs } from './retry.ts'
import { TokenBucket } from './token-bucket.ts'
import type { Transport, TransportResponse } from './transport.ts'
import { parseAnswer, parseWatchEvent, type WatchEvent } from './watch-event.ts'
import { withDeadline } from './with-deadline.ts'

const DEFAULT_QPS = 50
const DEFAULT_BURST = 100
const DEFAULT_TIMEOUT_MS = 30_000

/** client-go's. */
const DEFAULT_RETRIES = 10

/** No page of a list comes near it. */
const LONGEST_ANSWER_BYTES = 256 * 1024 * 1024

/** How requests went, under client-go's names. */
export interface ClientMetrics {
  /** An attempt has ended; the code is the HTTP status, or `<error>`. */
  observeRequest(method: string, host: string, code: string, seconds: number): void
}

export interface KubeClientComponents {
  readonly readAccess: FreshAccessComponents['readAccess']
  /** @default says nothing */
  readonly log?: Logger
  /** @default systemClock */
  readonly clock?: Clock
  readonly metrics?: ClientMetrics
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Carries requests in the place of connections of its own, and is owned from now on. */
  readonly transport?: Transport
}

export interface KubeClientOptions {
  /** Requests per second, in the long run; negative for no limit (client-go has 5). @default 50 */
  readonly qps?: number
  /** Requests at once after a time of rest (client-go has 10). @default 100 */
  readonly burst?: number
  /** For each attempt of a request, and for a watch to begin. @default 30_000 */
  readonly timeoutMs?: number
  /** How often a request is tried again at most, where the server asks for it or a connection broke. @default 10 */
  readonly retries?: number
  /** For how long what files say of the access is taken to be fresh; 0 reads them for every request. @default 10_000 */
  readonly accessMaxAgeMs?: number
  /** @default 'cluster-proxy/<version>' */
  readonly userAgent?: string
  /** On whose behalf to act, rather than whom the access names. */
  readonly impersonate?: Impersonation
}

interface Exchange {
  readonly use: 'requests' | 'watches'
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
}

/**
 * A Kubernetes API over HTTP, as JSON, of which no int64 loses digits: what a number would not hold exactly is a bigint.
 *
 * Everything rejects with a KubeApiError (the API said no), a KubeRequestError (it said nothing that makes sense), a ConfigError (it is
 * not clear where it is) or the reason of the caller's signal.
 *
 * Requests wait for their turn (`qps`), are tried again where the server asks for it, and once more with fresh credentials
 * where it does not know us. Owns its connections: `stop` ends them.
 */
export class KubeClient {
  readonly clock: Clock
  readonly log: Logger
  readonly #metrics: ClientMetrics | undefined
  readonly #access: FreshAccess
  readonly #connections: Connections
  readonly #limit: TokenBucket
  readonly #random: () => number
  readonly #options: KubeClientOptions
  readonly #stopping = new AbortController()

  constructor(components: KubeClientComponents, options: KubeClientOptions = {}) {
    const { readAccess, log = silentLogger, clock = systemClock, metrics, transport } = components
    this.#random = components.random ?? Math.random
    this.clock = clock
    this.log = log.child({ component: 'kube-client' })
    this.#metrics = metrics
    this.#access = new FreshAccess({ clock, log: this.log, readAccess }, { maxAgeMs: options.accessMaxAgeMs })
    this.#connections = new Connections(this.log, transport)
    this.#limit = new TokenBucket(clock, {
      ratePerSecond: options.qps || DEFAULT_QPS,
      burst: options.burst || DEFAULT_BURST,
    })
    this.#options = options
  }

  /** Reads how to reach the API, without asking it anything, so that a mistake shows at once. Rejects with a ConfigError. */
  async start(): Promise<void> {
    await this.#connections.to(await this.#access.current(), 'requests')
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new KubeRequestError('the client has been stopped'))
    await this.#connections.destroy()
  }

  /** The namespace of the context or Pod, if it names one. */
  async namespace(): Promise<string | undefined> {
    return (await this.#access.current()).namespace
  }

  /** A client for one resource. Its objects are taken to be what the API says they are. */
  resource<T extends KubeObject>(definition: ResourceDefinition): ResourceClient<T> {
    return new ResourceClient<T>(this, definition)
  }

  /** Resolves with the JSON of the answer, which is taken to be a `T`. */
  async request<T = unknown>(request: KubeRequest): Promise<T> {
    const { text } = await this.raw(request)
    return parseAnswer(text, titleOf(request)) as T
  }

  /** Resolves with the answer as it came, for what is no JSON (`/healthz`, logs). */
  async raw(request: KubeRequest): Promise<KubeAnswer> {
    return this.#withRetries(request, () => this.#ask(request))
  }

  /**
   * Resolves once the API has agreed to the watch; what it resolves with must be iterated, or `signal` aborted. Iterating ends
   * when the API ends the watch, and throws where that tells of an error or breaks off within an event.
   *
   * `timeoutMs` is for the watch to begin; `signal` ends it.
   */
  async watch<T extends KubeObject>(
    request: Omit<KubeRequest, 'method' | 'body'>,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const get = { ...request, method: 'GET', query: { ...request.query, watch: true } } as const
    const { signal, timeoutMs = this.#timeoutMs } = get
    const { body } = await this.#withRetries(get, () =>
      this.#exchange(get, { use: 'watches', signal, timeoutMs }).catch((error) => {
        throw this.#asKubeError(error, get, signal)
      }),
    )
    return this.#eventsOf<T>(body, get)
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  }

  async #withRetries<T>(request: KubeRequest, once: () => Promise<T>): Promise<T> {
    const { retries = DEFAULT_RETRIES } = this.#options
    for (let attempt = 0; ; attempt += 1) {
      this.#stopping.signal.throwIfAborted()
      await this.#limit.take(request.signal)
      try {
        return await once()
      } catch (error) {
        request.signal?.throwIfAborted()
        const failed = { failures: attempt, random: this.#random }
        const waitMs = attempt < retries ? retryDelayMs(error, request, failed) : undefined
        if (waitMs === undefined || this.#stopping.signal.aborted) throw error
        this.log.debug({ err: error, waitMs }, 'request will be tried again')
        const { signal: stopping } = this.#stopping
        const signal = request.signal ? AbortSignal.any([request.signal, stopping]) : stopping
        await this.clock.sleep(waitMs, signal)
      }
    }
  }

  #ask(request: KubeRequest): Promise<KubeAnswer> {
    const { timeoutMs: ms = this.#timeoutMs } = request
    const error = () => new KubeRequestError(`no answer within ${formatDuration(ms)} to ${titleOf(request)}`)
    return withDeadline({ ms, error, signal: request.signal }, async (signal) => {
      try {
        const { statusCode, headers, body } = await this.#exchange(request, {
          use: 'requests',
          signal,
          timeoutMs: ms,
        })
        return {
          status: statusCode,
          contentType: String(headers['content-type'] ?? ''),
          text: await textOf(body),
        }
      } catch (error) {
        throw this.#asKubeError(error, request, signal)
      }
    })
  }

  /** One attempt; a second one where the credentials have been renewed meanwhile. */
  async #exchange(request: KubeRequest, exchange: Exchange): Promise<TransportResponse> {
    const access = await this.#access.current()
    try {
      return await this.#send(request, access, exchange)
    } catch (error) {
      if (!isUnauthorized(error) || !(await this.#access.renew(access))) throw error
      return this.#send(request, await this.#access.current(), exchange)
    }
  }

  async #send(request: KubeRequest, access: ClusterAccess, exchange: Exchange): Promise<TransportResponse> {
    const { method, path, query, body } = request
    const { use, signal, timeoutMs } = exchange
    const { server } = access
    const startedAt = this.clock.monotonic()
    let code = '<error>'
    try {
      const transport = await this.#connections.to(access, use)
      const asked = transport.request({
        method,
        origin: server.origin,
        path: server.pathname.replace(/\/$/, '') + path + queryText(query),
        headers: this.#headersFor(request, access),
        headersTimeout: timeoutMs,
        bodyTimeout: 0, // an answer has its deadline, and a watch may be silent
        reset: false, // a DELETE has a body here, which is no reason to give up the connection
        ...(signal && { signal }),
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      // undici lets go of a request only once it is connected.
      const response = await (signal ? raceSignal(asked, signal) : asked)
      code = String(response.statusCode)
      if (response.statusCode >= 300) throw await this.#refusalOf(response, request, timeoutMs)
      return response
    } finally {
      const ms = this.clock.monotonic() - startedAt
      this.#metrics?.observeRequest(method, server.host, code, ms / 1000)
      if (this.log.isLevelEnabled('trace'))
        this.log.trace({ method, path, code, ms: Math.round(ms) }, 'request')
    }
  }

  #headersFor(
    { accept, contentType, body }: KubeRequest,
    access: ClusterAccess,
  ): Record<string, string | string[]> {
    const { userAgent = `cluster-proxy/${manifest.version}`, impersonate = access.impersonate } =
      this.#options
    return {
      accept: accept ?? 'application/json',
      'user-agent': userAgent,
      ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      ...authorizationOf(access),
      ...(impersonate && impersonationHeaders(impersonate)),
    }
  }

  /** The body of a refusal is short, and may hang as well as any other. */
  async #refusalOf(
    { statusCode, headers, body }: TransportResponse,
    request: KubeRequest,
    timeoutMs: number,
  ): Promise<KubeApiError> {
    const error = () => new KubeRequestError(`no whole answer to ${titleOf(request)}`)
    const text = await withDeadline({ ms: timeoutMs, error }, async (signal) => {
      signal.addEventListener('abort', () => body.destroy(signal.reason), { once: true })
      return textOf(body)
    })
    const retryAfter = retryAfterSeconds(headers['retry-after'])
    const refusal = apiErrorFrom(jsonOrNothing(text), statusCode, titleOf(request), retryAfter)
    const mayComeAgain = retryAfter !== undefined && (statusCode === 429 || statusCode >= 500)
    return mayComeAgain ? new RetryableApiError(refusal, retryAfter) : refusal
  }

  async *#eventsOf<T extends KubeObject>(
    body: Readable,
    request: KubeRequest,
  ): AsyncGenerator<WatchEvent<T>> {
    const title = titleOf(request)
    try {
      for await (const line of linesOf(body)) yield parseWatchEvent<T>(line, title)
    } catch (error) {
      throw this.#asKubeError(error, request, request.signal)
    }
  }

  /** An abort stays what it is, and so does an error of ours; what undici says is put into context. */
  #asKubeError(error: unknown, request: KubeRequest, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason
    if (this.#stopping.signal.aborted) return this.#stopping.signal.reason
    const isOurs = [KubeRequestError, KubeApiError, ConfigError].some((known) => error instanceof known)
    if (isOurs) return error
    const text = errorMessage(error) || (error as NodeJS.ErrnoException).code || 'unknown error'
    return new KubeRequestError(`${titleOf(request)}: ${text}`, { cause: error })
  }
}

function authorizationOf({ token, basic }: ClusterAccess): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  if (!basic) return {}
  const credentials = Buffer.from(`${basic.username}:${basic.password}`).toString('base64')
  return { authorization: `Basic ${credentials}` }
}

function impersonationHeaders({
  username,
  uid,
  groups,
  extra,
}: Impersonation): Record<string, string | string[]> {
  const extras = Object.entries(extra ?? {}).map(([key, values]) => [
    `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
    [...values],
  ])
  return {
    'impersonate-user': username,
    ...(uid && { 'impersonate-uid': uid }),
    ...(groups?.length && { 'impersonate-group': [...groups] }),
    ...Object.fromEntries(extras),
  }
}

async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > LONGEST_ANSWER_BYTES) throw new KubeRequestError('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A load balancer's page is no JSON. */
function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
