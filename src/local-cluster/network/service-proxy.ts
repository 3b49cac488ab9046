import type { Service } from '../../apis/core/v1.ts'
import type { Logger } from '../../common/log.ts'
import type { Clock } from '../../kube/index.ts'
import type { ServiceListener } from './service-endpoints.ts'
import { type Bind, bindServer, ServiceServer } from './service-server.ts'

/** Below it, ports are for the system's administrator. */
const FIRST_FREE_PORT = 1024

/** A port that somebody else has is tried again after so long. */
const RETRY_MS = 5_000

export interface ServiceProxyComponents {
  readonly clock: Clock
  readonly log: Logger
  /** A port of a Service could not be had; once for each, until it can. */
  readonly onTrouble: (service: Service, reason: string, message: string) => void
  /** Called when `replacedPorts` has changed. */
  readonly onReplacedPorts: () => void
  /** @default the system's */
  readonly bind?: Bind
}

/**
 * Carries connections to Services to their endpoints: what kube-proxy does. Listens at the address and port of each Service that
 * has somebody to send connections to; others refuse them at once, as nobody listens there.
 */
export class ServiceProxy {
  readonly #components: ServiceProxyComponents
  readonly #servers = new Map<string, ServiceServer>()
  readonly #replacedPorts = new Map<string, number>()
  readonly #retiring = new Set<ServiceServer>()
  readonly #retries = new Map<string, AbortController>()
  readonly #inTrouble = new Set<string>()
  #wanted: ReadonlyMap<string, ServiceListener> = new Map()

  constructor(components: ServiceProxyComponents) {
    this.#components = components
  }

  /** The ports in place of those that this process may not have, by `address:port`. */
  get replacedPorts(): ReadonlyMap<string, number> {
    return this.#replacedPorts
  }

  /** Makes it listen for exactly these. Resolves when all listen that can. */
  async update(listeners: readonly ServiceListener[]): Promise<void> {
    this.#wanted = new Map(listeners.map((listener) => [listener.id, listener]))
    for (const [id, server] of this.#servers) {
      const listener = this.#wanted.get(id)
      if (listener) server.update(listener)
      else this.#close(id, server)
    }
    for (const [id, retry] of this.#retries) if (!this.#wanted.has(id)) this.#cancelRetry(id, retry)
    const missing = listeners.filter(({ id }) => !this.#servers.has(id) && !this.#retries.has(id))
    await Promise.all(missing.map((listener) => this.#open(listener)))
  }

  /** Ends all connections. */
  stop(): void {
    this.#wanted = new Map()
    for (const [id, retry] of this.#retries) this.#cancelRetry(id, retry)
    for (const server of [...this.#servers.values(), ...this.#retiring]) server.destroy()
    this.#servers.clear()
    this.#retiring.clear()
    this.#replacedPorts.clear()
  }

  #close(id: string, server: ServiceServer): void {
    this.#servers.delete(id)
    this.#replacedPorts.delete(id)
    server.close()
    if (server.isIdle) return
    this.#retiring.add(server)
    server.onIdle(() => this.#retiring.delete(server))
  }

  #cancelRetry(id: string, retry: AbortController): void {
    retry.abort()
    this.#retries.delete(id)
    this.#inTrouble.delete(id)
  }

  async #open(listener: ServiceListener): Promise<void> {
    const { clock, bind = bindServer } = this.#components
    const { id } = listener
    const server = new ServiceServer({ bind, now: () => clock.monotonic() }, listener)
    this.#servers.set(id, server)
    try {
      await this.#bind(server)
    } catch (err) {
      if (this.#servers.get(id) !== server) return
      this.#servers.delete(id)
      this.#tryLater(listener, err as NodeJS.ErrnoException)
    }
    if (this.#servers.get(id) !== server) server.close() // it is not wanted any more
  }

  /** At another port where its own is not for us. */
  async #bind(server: ServiceServer): Promise<void> {
    const { id, at, service } = server.listener
    let port = at.port
    try {
      await server.open()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES' || at.port >= FIRST_FREE_PORT) throw error
      port = await server.open(0)
      this.#tell(
        id,
        service,
        'PrivilegedPort',
        `${id} is open to containers of this project's images alone: this process may not listen at ports below ${FIRST_FREE_PORT} (sysctl net.ipv4.ip_unprivileged_port_start=0 allows it); others reach it at ${at.host}:${port}`,
      )
    }
    const before = this.#replacedPorts.get(id)
    if (port === at.port) {
      this.#inTrouble.delete(id)
      this.#replacedPorts.delete(id)
    } else this.#replacedPorts.set(id, port)
    if (before !== this.#replacedPorts.get(id)) this.#components.onReplacedPorts()
  }

  #tryLater({ id, service }: ServiceListener, error: NodeJS.ErrnoException): void {
    this.#components.log.warn({ err: error, listener: id }, 'service port could not be opened')
    this.#tell(id, service, 'FailedToListen', `cannot listen at ${id}: ${error.code ?? error.message}`)
    const retry = new AbortController()
    this.#retries.set(id, retry)
    void this.#openLater(id, retry)
  }

  async #openLater(id: string, retry: AbortController): Promise<void> {
    await this.#components.clock.sleep(RETRY_MS, retry.signal).catch(() => {}) // it rejects only when aborted
    if (retry.signal.aborted) return
    this.#retries.delete(id)
    const listener = this.#wanted.get(id)
    if (listener) await this.#open(listener)
  }

  #tell(id: string, service: Service, reason: string, message: string): void {
    if (this.#inTrouble.has(id)) return
    this.#inTrouble.add(id)
    this.#components.onTrouble(service, reason, message)
  }
}
