import { once } from 'node:events'
import https, { type Server } from 'node:https'

/** What stands inside a cluster and cannot be reached from outside: an HTTPS service that answers `/healthz`. */
export class ClusterService {
  readonly #server: Server
  readonly #endpoint: { readonly host: string; readonly port: number }

  constructor(
    clusterName: string,
    endpoint: { readonly host: string; readonly port: number },
    tls: { readonly cert: string; readonly key: string },
  ) {
    this.#endpoint = endpoint
    this.#server = https.createServer(tls, (request, response) => {
      const healthy = request.url === '/healthz'
      response.writeHead(healthy ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(healthy ? 'ok' : `${clusterName} knows only /healthz\n`)
    })
  }

  async start(): Promise<void> {
    this.#server.listen(this.#endpoint)
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
