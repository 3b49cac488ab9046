import { Dispatcher } from 'undici'
import { AppError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import {
  type Answer,
  asStatus,
  CLIENT_GONE,
  type IncomingRequest,
  requestInfo,
  type StreamedAnswer,
  statusAnswer,
} from '../controlplane/index.ts'

type Handle = (request: IncomingRequest) => Promise<Answer>

/**
 * Sends requests to an API server of this very process: without a connection, without TLS, and so without what both cost for every
 * event of a watch. To a client it is what undici's Agent is.
 */
export class InProcessDispatcher extends Dispatcher {
  readonly #log: Logger
  readonly #handle: Handle
  readonly #exchanges = new Set<Exchange>()

  constructor(components: { readonly log: Logger; readonly handle: Handle }) {
    super()
    this.#log = components.log
    this.#handle = components.handle
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const exchange = new Exchange(handler)
    this.#exchanges.add(exchange)
    exchange.signal.addEventListener('abort', () => this.#exchanges.delete(exchange), { once: true })
    handler.onRequestStart?.(exchange, null)
    if (!exchange.aborted) void this.#carryOut(options, exchange)
    return true
  }

  /** Breaks off what is under way. */
  override async destroy(): Promise<void> {
    const reason = new AppError('ERR_CLIENT_DESTROYED', 'the client has been destroyed')
    for (const exchange of this.#exchanges) exchange.abort(reason)
  }

  async #carryOut(options: Dispatcher.DispatchOptions, exchange: Exchange): Promise<void> {
    try {
      exchange.answer(await this.#answerTo(options, exchange))
    } catch (error) {
      // Of a bug, not of what somebody asked for.
      this.#log.error({ err: error, path: options.path }, 'request failed')
      exchange.abort(error as Error)
    }
  }

  async #answerTo(options: Dispatcher.DispatchOptions, { signal }: Exchange): Promise<Answer> {
    try {
      return await this.#handle(incomingRequest(options, signal))
    } catch (error) {
      const status = asStatus(error)
      if (status.reason === 'InternalError')
        this.#log.error({ err: error, method: options.method, url: options.path }, 'request failed')
      return statusAnswer(status, 'json')
    }
  }
}

/** A request and its answer, as undici's handlers see it. */
class Exchange implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #over = new AbortController()
  #reason: Error | null = null
  #paused = false
  #onResume: (() => void) | undefined

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler
  }

  /** Aborted when nobody waits for more, whether all was said or not. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get paused(): boolean {
    return this.#paused
  }

  get reason(): Error | null {
    return this.#reason
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const onResume = this.#onResume
    this.#onResume = undefined
    onResume?.()
  }

  abort(reason: Error): void {
    if (this.signal.aborted) return
    this.#reason = reason
    this.#over.abort(CLIENT_GONE)
    this.#handler.onResponseError?.(this, reason)
  }

  answer(answer: Answer): void {
    if (this.signal.aborted) return
    const { status, contentType, headers = {} } = answer
    const lowerCase = Object.entries({ 'content-type': contentType, ...headers }).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value : String(value),
    ])
    this.#handler.onResponseStart?.(this, status, Object.fromEntries(lowerCase), '')
    if ('stream' in answer) this.#stream(answer)
    else {
      for (const piece of answer.body) this.#send(piece)
      this.#end()
    }
  }

  #stream({ stream }: StreamedAnswer): void {
    stream({
      signal: this.signal,
      write: (piece) => {
        this.#send(piece)
        return !this.#paused
      },
      onDrain: (callback) => {
        this.#onResume = callback
        if (!this.#paused) this.resume()
      },
      end: () => this.#end(),
      destroy: () => this.abort(new AppError('ERR_CUT_OFF', 'the server has broken off')),
    })
  }

  #send(piece: Buffer): void {
    if (!this.signal.aborted) this.#handler.onResponseData?.(this, piece)
  }

  #end(): void {
    if (this.signal.aborted) return
    this.#over.abort(CLIENT_GONE)
    this.#handler.onResponseEnd?.(this, {})
  }
}

function incomingRequest(
  { method, path, headers, body }: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): IncomingRequest {
  const url = new URL(`http://in-process${path}`)
  const entries = Object.entries((headers ?? {}) as Record<string, string | string[]>).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  )
  return {
    method,
    url,
    info: requestInfo(method, url),
    headers: Object.fromEntries(entries),
    headerValues: Object.fromEntries(entries.map(([name, value]) => [name, [value].flat()])),
    certificate: undefined,
    signal,
    readBody: async () => Buffer.from((body ?? '') as string),
    warn: () => {}, // it is for people who write
  }
}
