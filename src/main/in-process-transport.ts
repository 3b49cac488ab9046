import { Readable } from 'node:stream'
import { AppError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import {
  type Answer,
  asStatus,
  CLIENT_GONE,
  type IncomingRequest,
  requestInfo,
  statusAnswer,
} from '../controlplane/index.ts'
import type { Transport, TransportRequest, TransportResponse } from '../kube/index.ts'

type Handle = (request: IncomingRequest) => Promise<Answer>

/**
 * Carries requests to an API server of this very process: without a connection, without TLS, and so without what both cost for every
 * event of a watch.
 */
export class InProcessTransport implements Transport {
  readonly #log: Logger
  readonly #handle: Handle
  readonly #exchanges = new Set<Exchange>()

  constructor(components: { readonly log: Logger; readonly handle: Handle }) {
    this.#log = components.log
    this.#handle = components.handle
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted()
    const exchange = new Exchange()
    this.#exchanges.add(exchange)
    exchange.onOver(() => this.#exchanges.delete(exchange))
    const onAbort = () => exchange.abort(request.signal?.reason)
    request.signal?.addEventListener('abort', onAbort, { once: true })
    exchange.onOver(() => request.signal?.removeEventListener('abort', onAbort))
    try {
      return exchange.begin(await Promise.race([this.#answerTo(request, exchange.signal), exchange.broken]))
    } catch (error) {
      exchange.abort(error as Error)
      throw error
    }
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    const reason = new AppError('ERR_CLIENT_DESTROYED', 'the client has been destroyed')
    for (const exchange of this.#exchanges) exchange.abort(reason)
  }

  async #answerTo(request: TransportRequest, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#handle(incomingRequest(request, signal))
    } catch (error) {
      const status = asStatus(error)
      if (status.reason === 'InternalError')
        this.#log.error({ err: error, method: request.method, url: request.path }, 'request failed')
      return statusAnswer(status, 'json')
    }
  }
}

/** A request and its answer, until nobody waits for more of it. */
class Exchange {
  readonly #over = new AbortController()
  readonly #broken = Promise.withResolvers<never>()
  readonly #body: Readable
  #onDrain: (() => void) | undefined

  constructor() {
    this.#broken.promise.catch(() => {}) // it may break when the answer is there already
    this.#body = new Readable({
      read: () => {
        const onDrain = this.#onDrain
        this.#onDrain = undefined
        onDrain?.()
      },
    })
    this.#body.on('error', () => {}) // whoever reads is told; whoever has stopped reading need not be
    this.#body.once('close', () => this.#end())
  }

  /** Aborted when nobody waits for more, whether all was said or not. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Rejects when the exchange is broken off. */
  get broken(): Promise<never> {
    return this.#broken.promise
  }

  onOver(callback: () => void): void {
    this.signal.addEventListener('abort', callback, { once: true })
  }

  abort(reason: Error): void {
    this.#broken.reject(reason)
    this.#body.destroy(reason)
    this.#end()
  }

  begin(answer: Answer): TransportResponse {
    const { status: statusCode, contentType, headers = {} } = answer
    const lowerCase = Object.entries({ 'content-type': contentType, ...headers }).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value : String(value),
    ])
    if ('stream' in answer) {
      answer.stream({
        signal: this.signal,
        write: (piece) => this.#body.push(piece),
        onDrain: (callback) => {
          this.#onDrain = callback
        },
        end: () => {
          this.#body.push(null)
          this.#end()
        },
        destroy: () => this.abort(new AppError('ERR_CUT_OFF', 'the server has broken off')),
      })
    } else {
      for (const piece of answer.body) this.#body.push(piece)
      this.#body.push(null)
      this.#end()
    }
    return { statusCode, headers: Object.fromEntries(lowerCase), body: this.#body }
  }

  #end(): void {
    if (!this.signal.aborted) this.#over.abort(CLIENT_GONE)
  }
}

function incomingRequest(
  { method, path, headers, body = '' }: TransportRequest,
  signal: AbortSignal,
): IncomingRequest {
  const url = new URL(`http://in-process${path}`)
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    method,
    url,
    info: requestInfo(method, url),
    headers: Object.fromEntries(entries),
    headerValues: Object.fromEntries(entries.map(([name, value]) => [name, [value].flat()])),
    certificate: undefined,
    signal,
    readBody: async () => Buffer.from(body),
    warn: () => {}, // it is for people who write
  }
}
