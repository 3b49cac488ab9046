import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { type ListenAddress, listen } from '../../common/listen.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import type { TlsMaterial } from '../../common/tls-files.ts'
import { readReview } from './read-review.ts'
import { WebhookRequestError } from './webhook-error.ts'
import type { WebhookMetrics } from './webhook-metrics.ts'

const HEADERS_TIMEOUT_MS = 10_000
/** For all of a request; an API server gives a webhook 30 s at most. */
const REQUEST_TIMEOUT_MS = 30_000
/** API servers keep their connections for longer than their calls are apart. */
const KEEP_ALIVE_MS = 90_000
/** What is being answered when the server stops has so long to be finished. */
const STOP_GRACE_MS = 5_000

const TEXT = 'text/plain; charset=utf-8'

/**
 * Answers one kind of review: an AdmissionReview (see `admissionReviews`), a ConversionReview. A WebhookRequestError is answered with
 * its status, anything else that is thrown with 500, and logged. The signal is aborted when nobody waits for the answer any more.
 */
export type ReviewHandler = (
  review: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
) => Promise<object>

/** The serving certificate, as `TlsFiles` has it. */
export interface ServingCertificates {
  readonly current: TlsMaterial
  onChange(listener: (material: TlsMaterial) => void): () => void
}

export interface WebhookServerComponents {
  /** Started by whoever made it. */
  readonly tls: ServingCertificates
  /** @default says nothing */
  readonly log?: Logger
  readonly metrics?: WebhookMetrics
}

export interface WebhookServerOptions extends ListenAddress {
  /** By path, each beginning with a slash and matched exactly. */
  readonly routes: Readonly<Record<string, ReviewHandler>>
  /** @default TLSv1.2 */
  readonly minVersion?: SecureVersion
  /** As Node's TLS takes them. @default Node's */
  readonly ciphers?: string | undefined
}

/** Serves webhooks over HTTPS. A certificate that changes is used for all connections from then on. Owns its connections. */
export class WebhookServer {
  readonly #tls: ServingCertificates
  readonly #log: Logger
  readonly #metrics: WebhookMetrics | undefined
  readonly #options: WebhookServerOptions
  readonly #routes: Map<string, ReviewHandler>
  readonly #server: Server
  #forgetTls = () => {}

  constructor({ tls, log = silentLogger, metrics }: WebhookServerComponents, options: WebhookServerOptions) {
    this.#tls = tls
    this.#log = log.child({ component: 'webhook-server' })
    this.#metrics = metrics
    this.#options = options
    this.#routes = new Map(Object.entries(options.routes))
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.on('tlsClientError', (err) => this.#log.debug({ err }, 'TLS handshake failed'))
  }

  /** Rejects with a ListenError when the port is not to be had. */
  async start(): Promise<void> {
    const use = ({ cert, key }: TlsMaterial) => {
      const { minVersion = 'TLSv1.2', ciphers } = this.#options
      this.#server.setSecureContext({ cert, key, minVersion, ...(ciphers !== undefined && { ciphers }) })
    }
    use(this.#tls.current)
    this.#forgetTls = this.#tls.onChange(use)
    for (const path of this.#routes.keys()) this.#metrics?.expect(path)
    await listen(this.#server, this.#options)
    this.#log.info({ port: this.port, paths: [...this.#routes.keys()] }, 'serving webhooks')
  }

  /** Takes no more calls, and waits a little for those that are being answered. */
  async stop(): Promise<void> {
    this.#forgetTls()
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const impatience = setTimeout(() => this.#server.closeAllConnections(), STOP_GRACE_MS)
    await closed
    clearTimeout(impatience)
  }

  /** The port in use, also when 0 was asked for. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?', 1)
    const handler = this.#routes.get(path)
    if (!handler) return this.#send(request, response, 404, TEXT, 'there is no such webhook')
    const startedAt = performance.now()
    this.#metrics?.begin(path)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      const review = await readReview(request)
      const answer = await handler(review, gone.signal)
      this.#send(request, response, 200, 'application/json', JSON.stringify(answer))
    } catch (err) {
      this.#sendFailure(err, path, request, response)
    } finally {
      this.#metrics?.end(path, response.statusCode, (performance.now() - startedAt) / 1000)
    }
  }

  #sendFailure(err: unknown, path: string, request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return // whoever asked has gone
    if (err instanceof WebhookRequestError) {
      this.#log.warn({ path, status: err.status, reason: err.message }, 'bad request to a webhook')
      this.#send(request, response, err.status, TEXT, err.message)
      return
    }
    this.#log.error({ err, path }, 'webhook failed')
    this.#send(request, response, 500, TEXT, 'the webhook failed, its log says why')
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    type: string,
    text: string,
  ): void {
    response.writeHead(status, {
      'content-type': type,
      'x-content-type-options': 'nosniff',
      // What was not read of a body would be taken for the next request.
      ...(!request.complete && { connection: 'close' }),
    })
    response.end(text)
  }
}
