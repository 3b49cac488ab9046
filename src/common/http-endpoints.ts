import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { errorMessage } from './errors.ts'
import { joinHostPort, type ListenAddress, listen } from './listen.ts'
import type { Logger } from './log.ts'
import { http } from './node-http.ts'

const HEADERS_TIMEOUT_MS = 60_000

/** A peer may take its time over a request, but not over its headers. */
const NO_TIMEOUT = 0

/** Answers one path, whatever the method, as Go's mux has it. What it throws is logged and answered with 500. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

/** Routes by path. A path is matched exactly, one that ends in a slash also by all below it, as Go's mux has it. */
export type Routes = Readonly<Record<string, Route>>

export interface HttpEndpointsComponents {
  readonly log: Logger
  readonly routes: Routes
}

export interface HttpEndpointsOptions extends ListenAddress {
  /** For logs, such as `health`. */
  readonly name: string
  /** Makes it HTTPS. */
  readonly tls?: Pick<ServerOptions, 'cert' | 'key' | 'minVersion' | 'ciphers'>
}

/** What can be scraped; prom-client's Registry is one. */
export interface MetricsSource {
  readonly contentType: string
  metrics(): Promise<string>
}

/** A registry whose `refresh` is called before it is read: for gauges that are known at any time and kept at none. */
export function refreshed(registry: MetricsSource, refresh: () => void): MetricsSource {
  return {
    contentType: registry.contentType,
    metrics: () => {
      refresh()
      return registry.metrics()
    },
  }
}

/**
 * An HTTP server for a few fixed paths: health checks, metrics, profiles. Owns its listener; `stop` also ends requests
 * that are still being answered.
 */
export class HttpEndpoints {
  readonly #log: Logger
  readonly #routes: Map<string, Route>
  readonly #options: HttpEndpointsOptions
  readonly #server: Server

  constructor(components: HttpEndpointsComponents, options: HttpEndpointsOptions) {
    this.#log = components.log.child({ component: 'http-endpoints', endpoints: options.name })
    this.#routes = new Map(Object.entries(components.routes))
    this.#options = options
    const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: NO_TIMEOUT }
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response)
    this.#server = options.tls
      ? createSecureServer({ ...limits, ...options.tls }, answer)
      : http.createServer(limits, answer)
  }

  /** Rejects with a ListenError when the port is not to be had. */
  async start(): Promise<void> {
    await listen(this.#server, this.#options)
    this.#log.info({ address: this.#options.host, port: this.port }, 'listening')
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** The port in use, also when 0 was asked for. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port
  }

  /** The route of the path, or else of the longest prefix of it that ends with a slash. */
  #find(path: string): Route | undefined {
    const route = this.#routes.get(path)
    if (route) return route
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const prefixed = this.#routes.get(path.slice(0, end + 1))
      if (prefixed) return prefixed
    }
    return undefined
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = parseTarget(request.url)
    const route = url && this.#find(url.pathname)
    try {
      if (!route) sendError(response, 404, '404 page not found')
      else await route(request, response, url)
    } catch (err) {
      if (response.destroyed) return // whoever asked has gone, or the endpoints are being stopped
      this.#log.error({ err, path: url?.pathname }, 'request failed')
      if (response.headersSent) response.destroy()
      else sendError(response, 500, errorMessage(err))
    }
  }
}

/** `/healthz`, the readiness check at `/readyz` and its older name `/ready`, and `/metrics`. */
export function healthRoutes(ready: Route, metrics: MetricsSource): Routes {
  return {
    '/healthz': (_, response) => sendText(response, 200, 'ok'),
    '/readyz': ready,
    '/ready': ready,
    '/metrics': metricsRoute(metrics),
  }
}

export function metricsRoute(source: MetricsSource): Route {
  return async (_, response) => {
    const body = await source.metrics()
    response.writeHead(200, { 'content-type': source.contentType }).end(body)
  }
}

/** The proxy server's readiness: 500 with the reason while `notReadyReason` returns one. */
export function readinessRoute(notReadyReason: () => string | undefined): Route {
  return (_, response) => {
    const reason = notReadyReason()
    if (reason === undefined) sendText(response, 200, 'ok')
    else sendText(response, 500, reason)
  }
}

/**
 * The proxy agent's readiness: 503 with a line for each check while one of them returns what is wrong, and else `ok`, or those
 * lines when asked with `?verbose`.
 */
export function checklistRoute(checks: Readonly<Record<string, () => string | undefined>>): Route {
  return (_, response, url) => {
    const results = Object.entries(checks).map(([name, check]) => ({ name, failure: check() }))
    const lines = results.map(({ name, failure }) =>
      failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${failure}\n`,
    )
    if (results.some(({ failure }) => failure !== undefined)) sendText(response, 503, lines.join(''))
    else if (url.searchParams.has('verbose')) sendText(response, 200, `${lines.join('')}check passed\n`)
    else sendText(response, 200, 'ok')
  }
}

/** 301 to the same path and query of another port on the host that the request named. */
export function redirectToPort(port: number): Route {
  return (request, response, url) => {
    const target = `//${joinHostPort(hostOf(request), port)}${url.pathname}${url.search}`
    redirect(request, response, target)
  }
}

/** 301 to another path of the same listener. */
export function redirectTo(path: string): Route {
  return (request, response) => redirect(request, response, path)
}

export function sendText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body)
}

/** An error as Go's http.Error sends it. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  response.setHeader('x-content-type-options', 'nosniff')
  sendText(response, status, `${message}\n`)
}

function redirect(request: IncomingMessage, response: ServerResponse, location: string): void {
  const href = location
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&#34;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  response.writeHead(301, { location, 'content-type': 'text/html; charset=utf-8' })
  response.end(request.method === 'GET' ? `<a href="${href}">Moved Permanently</a>.\n\n` : undefined)
}

/** The Host header without its port and without brackets. */
function hostOf(request: IncomingMessage): string {
  const [, bracketed, bare = ''] = /^(?:\[([^\]]*)\]|([^:]*))/.exec(request.headers.host ?? '') ?? []
  return bracketed ?? bare
}

function parseTarget(target = '/'): URL | undefined {
  const path = target.startsWith('/') ? target : '/'
  return URL.parse(`http://localhost${path}`) ?? undefined
}
