import { errorMessage } from '../common/errors.ts'
import { joinHostPort } from '../common/listen.ts'
import type { Logger } from '../common/log.ts'
import { proxyFor } from './http-proxy.ts'
import type { Resolver } from './resolver.ts'

/** A proxy server, or several of them behind one name, as configured. */
export interface ServerEndpoint {
  /** A name or an IP, without brackets. The server's certificate must be good for it. */
  readonly host: string
  readonly port: number
}

/** One address to dial. */
export interface ServerAddress {
  /** The same for the same way to the same address. */
  readonly key: string
  readonly endpoint: ServerEndpoint
  readonly ip: string
  /** The HTTP proxy to go through; it resolves the name itself, and `ip` is the host. */
  readonly proxy?: URL
}

export interface ServerAddressesComponents {
  readonly log: Logger
  readonly resolver: Resolver
  /** For HTTPS_PROXY and NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Where proxy servers may be: every address of every configured name. What a name resolved to last counts for as long as it
 * cannot be resolved.
 */
export class ServerAddresses {
  readonly #components: ServerAddressesComponents
  readonly #endpoints: readonly ServerEndpoint[]
  readonly #known = new Map<ServerEndpoint, readonly ServerAddress[]>()
  readonly #complaints = new Map<ServerEndpoint, string>()

  constructor(components: ServerAddressesComponents, endpoints: readonly ServerEndpoint[]) {
    this.#components = components
    this.#endpoints = endpoints
  }

  /** Resolves all names again. */
  async refresh(): Promise<readonly ServerAddress[]> {
    await Promise.all(this.#endpoints.map((endpoint) => this.#refreshOne(endpoint)))
    const byKey = new Map([...this.#known.values()].flat().map((address) => [address.key, address]))
    return [...byKey.values()]
  }

  async #refreshOne(endpoint: ServerEndpoint): Promise<void> {
    try {
      this.#known.set(endpoint, await this.#resolve(endpoint))
      this.#complaints.delete(endpoint)
    } catch (err) {
      if (this.#complaints.get(endpoint) === errorMessage(err)) return
      this.#complaints.set(endpoint, errorMessage(err))
      this.#components.log.warn({ err, host: endpoint.host }, 'cannot resolve proxy server')
    }
  }

  async #resolve(endpoint: ServerEndpoint): Promise<readonly ServerAddress[]> {
    const { host, port } = endpoint
    const name = joinHostPort(host, port)
    const proxy = proxyFor(endpoint, this.#components.env)
    if (proxy) return [{ key: `${name} via ${proxy.host}`, endpoint, ip: host, proxy }]
    const resolved = await this.#components.resolver.resolve(host)
    return resolved.map(({ address }) => {
      const target = joinHostPort(address, port)
      return { key: target === name ? name : `${name} at ${target}`, endpoint, ip: address }
    })
  }
}
