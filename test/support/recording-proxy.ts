import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ClusterTls } from '../../src/kube/index.ts'

export interface ProxiedCall {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** Plain HTTP in front of an API server: writes down what is asked of it, and breaks watches on demand. */
export class RecordingProxy {
  readonly calls: ProxiedCall[] = []
  readonly #server: http.Server
  readonly #agent: https.Agent
  readonly #watches = new Set<ServerResponse>()

  static async start(target: URL, tls: ClusterTls): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target, tls)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(target: URL, tls: ClusterTls) {
    this.#agent = new https.Agent({ ...tls, keepAlive: true })
    this.#server = http.createServer((request, response) => this.#forward(target, request, response))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Such as `POST /api/v1/namespaces`. */
  get writes(): string[] {
    return this.calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)
  }

  get openWatches(): number {
    return this.#watches.size
  }

  forget(): void {
    this.calls.length = 0
  }

  /** As a load balancer that is restarted does it. */
  breakWatches(): void {
    for (const response of this.#watches) response.destroy()
    this.#watches.clear()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await once(this.#server, 'close')
  }

  #forward(target: URL, request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://localhost')
    const query = Object.fromEntries(url.searchParams)
    this.calls.push({ method: request.method ?? '', path: url.pathname, query })
    if (query.watch === 'true') {
      this.#watches.add(response)
      response.on('close', () => this.#watches.delete(response))
    }
    const { host: _, connection: __, ...headers } = request.headers
    const upstream = https.request(
      new URL(request.url ?? '', target),
      { agent: this.#agent, ...(request.method && { method: request.method }), headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        response.flushHeaders()
        answer.pipe(response)
      },
    )
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  }
}
