import net, { type Server, type Socket } from 'node:net'
import { Balancer } from './balancer.ts'
import { relay } from './relay.ts'
import type { HostPort, ServiceListener } from './service-endpoints.ts'

/** Opens a server at an address; rejects with the system's error. Resolves with the port, which is another one for 0. */
export type Bind = (server: Server, at: HostPort) => Promise<number>

export interface ServiceServerComponents {
  readonly bind: Bind
  /** In ms, never set back. */
  readonly now: () => number
}

/** Takes the connections to one address and port of a Service. Connections live on when it is closed, or their endpoint is gone. */
export class ServiceServer {
  readonly #bind: Bind
  readonly #server: Server
  readonly #balancer: Balancer
  readonly #connections = new Set<Socket>()
  #listener: ServiceListener

  constructor({ bind, now }: ServiceServerComponents, listener: ServiceListener) {
    this.#bind = bind
    this.#balancer = new Balancer(now)
    this.#listener = listener
    this.#server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
    this.#server.on('connection', (client) => void this.#carry(client))
    this.update(listener)
  }

  get listener(): ServiceListener {
    return this.#listener
  }

  update(listener: ServiceListener): void {
    this.#listener = listener
    this.#balancer.update(listener.endpoints, listener.affinityMs)
  }

  /** Resolves with the port at which it listens. */
  async open(port = this.#listener.at.port): Promise<number> {
    return this.#bind(this.#server, { host: this.#listener.at.host, port })
  }

  /** Whether no connection is open. */
  get isIdle(): boolean {
    return this.#connections.size === 0
  }

  /** Calls back once it is closed and its last connection has ended. */
  onIdle(callback: () => void): void {
    this.#server.once('close', callback)
  }

  /** Takes no more connections. */
  close(): void {
    this.#server.close()
  }

  /** Ends all connections, too. */
  destroy(): void {
    this.close()
    for (const connection of this.#connections) connection.destroy()
  }

  async #carry(client: Socket): Promise<void> {
    const { remoteAddress = '' } = client
    this.#connections.add(client)
    client.once('close', () => this.#connections.delete(client))
    const endpoint = await relay(client, this.#balancer.orderFor(remoteAddress))
    if (endpoint) this.#balancer.remember(remoteAddress, endpoint)
  }
}

export const bindServer: Bind = (server, { host, port }) =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve((server.address() as net.AddressInfo).port)
    })
  })
