import { createSecureContext } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { z } from 'zod'
import { formatDuration } from '../common/duration.ts'
import { ConfigError, errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { Clock } from './clock.ts'
import type { ClusterAccess, ClusterTls } from './cluster-access.ts'
import { withDeadline } from './deadline.ts'
import { ApiRequestError, ApiStatusError } from './kube-errors.ts'
import { TokenBucket } from './token-bucket.ts'

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
  readonly readAccess: () => Promise<ClusterAccess>
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

const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
})
const eventSchema = z.object({ type: z.string(), object: z.unknown() })

/**
 * A small client for the few requests of the tunnel. It speaks HTTP/1.1 on purpose: a request that takes too long is given up
 * together with its connection, which in HTTP/2 would be kept, dead as it is, for the next ones.
 */
export class HttpKubeClient implements KubeClient {
  readonly #log: Logger
  readonly #readAccess: () => Promise<ClusterAccess>
  readonly #limit: TokenBucket
  readonly #timeoutMs: number
  readonly #watchIdleMs: number
  #access: ClusterAccess | undefined
  #dispatcher: Dispatcher | undefined
  /** Why the access cannot be read anew. A mistake is reported once, not at every request. */
  #complaint: string | undefined

  constructor({ log, clock, readAccess }: HttpKubeClientComponents, options: HttpKubeClientOptions = {}) {
    this.#log = log.child({ component: 'kube-client' })
    this.#readAccess = readAccess
    this.#limit = new TokenBucket(clock, {
      ratePerSecond: options.qps || DEFAULT_QPS,
      burst: options.burst || DEFAULT_BURST,
    })
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#watchIdleMs = options.watchIdleMs ?? DEFAULT_WATCH_IDLE_MS
  }

  /** Reads how to reach the API, without asking it anything. Rejects with a ConfigError. */
  async start(): Promise<void> {
    await this.#refresh()
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    await this.#dispatcher?.destroy()
  }

  async request(request: KubeRequest): Promise<unknown> {
    await this.#limit.take(request.signal)
    const error = () =>
      new ApiRequestError(`no answer within ${formatDuration(this.#timeoutMs)} to ${titleOf(request)}`)
    return withDeadline({ ms: this.#timeoutMs, error, signal: request.signal }, async (signal) => {
      try {
        const response = await this.#send(request, { signal })
        return parseJson(await response.body.text(), request)
      } catch (error) {
        throw asKubeError(error, request, signal)
      }
    })
  }

  async watch(request: Omit<KubeRequest, 'method' | 'body'>): Promise<AsyncIterable<KubeWatchEvent>> {
    const get = { ...request, method: 'GET', query: { ...request.query, watch: 'true' } } as const
    await this.#limit.take(get.signal)
    const timeouts = { headersTimeout: this.#timeoutMs, bodyTimeout: this.#watchIdleMs }
    try {
      const { body } = await this.#send(get, { ...timeouts, ...(get.signal && { signal: get.signal }) })
      return eventsOf(body, get)
    } catch (error) {
      throw asKubeError(error, get, get.signal)
    }
  }

  async #send(
    request: KubeRequest,
    options: Pick<Dispatcher.RequestOptions, 'signal' | 'headersTimeout' | 'bodyTimeout'>,
  ): Promise<Dispatcher.ResponseData> {
    const { access, dispatcher } = await this.#refresh()
    const { method, path, query, body } = request
    const response = await dispatcher.request({
      ...options,
      method,
      origin: access.server.origin,
      path: access.server.pathname.replace(/\/$/, '') + path,
      ...(query && { query }),
      headers: {
        accept: 'application/json',
        'user-agent': USER_AGENT,
        ...(access.token !== undefined && { authorization: `Bearer ${access.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (response.statusCode >= 300) throw await statusErrorOf(response, request)
    return response
  }

  /** What cannot be read, such as a file that is half written, leaves things as they were. */
  async #refresh(): Promise<{ access: ClusterAccess; dispatcher: Dispatcher }> {
    try {
      const access = await this.#readAccess()
      this.#use(access)
      this.#complaint = undefined
    } catch (err) {
      if (!this.#access) throw err
      if (errorMessage(err) !== this.#complaint) {
        this.#log.warn({ err }, 'cannot read how to reach the Kubernetes API, going on as before')
        this.#complaint = errorMessage(err)
      }
    }
    if (!this.#access || !this.#dispatcher) throw new Error('no access in spite of having read it')
    return { access: this.#access, dispatcher: this.#dispatcher }
  }

  #use(access: ClusterAccess): void {
    const { tls, proxyUrl } = access
    const isSame = isDeepStrictEqual(tls, this.#access?.tls) && proxyUrl === this.#access?.proxyUrl
    if (!isSame || !this.#dispatcher) {
      const previous = this.#dispatcher
      this.#dispatcher = dispatcherFor(access, this.#timeoutMs)
      previous
        ?.close()
        .catch((err) => this.#log.debug({ err }, 'connections with previous credentials broke'))
    }
    this.#access = access
  }
}

function dispatcherFor({ tls, proxyUrl }: ClusterAccess, connectTimeoutMs: number): Dispatcher {
  verifyPair(tls)
  const connect = { ...tls, timeout: connectTimeoutMs }
  if (proxyUrl === undefined) return new Agent({ connect, allowH2: false })
  return new ProxyAgent({ uri: proxyUrl, requestTls: connect, allowH2: false })
}

function verifyPair({ cert, key }: ClusterTls): void {
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new ConfigError(
      `failed to load kubernetes client config: client certificate and key: ${errorMessage(error)}`,
      { cause: error },
    )
  }
}

async function* eventsOf(
  body: Dispatcher.ResponseData['body'],
  request: KubeRequest,
): AsyncGenerator<KubeWatchEvent> {
  try {
    for await (const line of linesOf(body)) {
      const event = parseAnswer(eventSchema, parseJson(line, request))
      if (event.type === 'ERROR') throw statusErrorFrom(event.object, 500, request)
      yield event
    }
  } catch (error) {
    if (isCode(error, 'UND_ERR_BODY_TIMEOUT')) return
    throw asKubeError(error, request, request.signal)
  }
}

async function* linesOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}

function parseJson(text: string, request: KubeRequest): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ApiRequestError(`the answer to ${titleOf(request)} is no JSON`, { cause: error })
  }
}

async function statusErrorOf(
  response: Dispatcher.ResponseData,
  request: KubeRequest,
): Promise<ApiStatusError> {
  const text = await response.body.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined // a load balancer's page, perhaps
  }
  return statusErrorFrom(body, response.statusCode, request)
}

function statusErrorFrom(body: unknown, httpStatus: number, request: KubeRequest): ApiStatusError {
  const { data: status } = statusSchema.safeParse(body)
  const code = status?.code || httpStatus
  return new ApiStatusError(
    code,
    status?.reason ?? '',
    status?.message || `status ${code} to ${titleOf(request)}`,
  )
}

/** An abort stays what it is, and so does an error of ours; what undici says is put into context. */
function asKubeError(error: unknown, request: KubeRequest, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason
  const isOurs = [ApiRequestError, ApiStatusError, ConfigError].some((known) => error instanceof known)
  if (isOurs) return error
  const { message, code = 'unknown error' } = error as NodeJS.ErrnoException
  return new ApiRequestError(`${titleOf(request)}: ${message || code}`, { cause: error })
}

function titleOf({ method, path }: KubeRequest): string {
  return `${method} ${path}`
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
