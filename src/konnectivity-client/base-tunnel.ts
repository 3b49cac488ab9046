import { DialError } from '../common/errors.ts'
import { type Logger, silentLogger } from '../common/log.ts'
import { DialDeadline } from './dial-deadline.ts'
import { type HostPort, splitHostPort } from './host-port.ts'
import { type ClientMetrics, NO_METRICS } from './metrics.ts'
import type { DialOptions, Tunnel, TunnelOptions } from './tunnel.ts'
import type { TunnelSocket } from './tunnel-socket.ts'

/** What all tunnels have in common: which dials they take, how a dial can fail, and how they end. */
export abstract class BaseTunnel implements Tunnel {
  readonly done: Promise<void>
  protected readonly log: Logger
  protected readonly metrics: ClientMetrics
  readonly #done = Promise.withResolvers<void>()
  #closed = false

  constructor(options: TunnelOptions) {
    this.log = options.log ?? silentLogger
    this.metrics = options.metrics ?? NO_METRICS
    this.done = this.#done.promise
  }

  get closed(): boolean {
    return this.#closed
  }

  dial(address: string, options?: DialOptions): Promise<TunnelSocket> {
    return this.dialContext('tcp', address, options)
  }

  async dialContext(protocol: string, address: string, options: DialOptions = {}): Promise<TunnelSocket> {
    let deadline: DialDeadline | undefined
    try {
      this.checkDial()
      if (protocol !== 'tcp') throw new DialError('unknown', 'protocol not supported')
      const remote = splitHostPort(address)
      if (!remote)
        throw new DialError('unknown', `invalid address ${JSON.stringify(address)}: want host:port`)
      deadline = new DialDeadline(options.timeoutMs, options.signal)
      return await this.connect(remote, deadline, options)
    } catch (error) {
      if (error instanceof DialError) this.metrics.countDialFailure(error.reason)
      throw error
    } finally {
      deadline?.clear()
    }
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.teardown().then(this.#done.resolve, this.#done.reject)
    }
    return this.done
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @throws DialError when the tunnel takes no dial any more */
  protected checkDial(): void {
    if (this.#closed) throw new DialError('tunnelclosed', 'tunnel is closed')
  }

  /** Makes one connection. Every wait in it is raced against the deadline; what was begun is then given up. */
  protected abstract connect(
    remote: HostPort,
    deadline: DialDeadline,
    options: DialOptions,
  ): Promise<TunnelSocket>

  /** Ends everything and resolves once it is gone. */
  protected abstract teardown(): Promise<void>
}
