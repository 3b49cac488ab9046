import { ConnectionResetError, DialError, errorMessage } from '../common/errors.ts'
import { BaseTunnel } from './base-tunnel.ts'
import type { DialDeadline } from './dial-deadline.ts'
import type { HostPort } from './host-port.ts'
import type { ServerConnection } from './server-connection.ts'
import { ServerConnector } from './server-connector.ts'
import type { DialOptions, Tunnel, TunnelOptions } from './tunnel.ts'
import type { TunnelSocket } from './tunnel-socket.ts'
import { StreamRefusedError } from './tunnel-stream.ts'

/**
 * Creates a tunnel for any number of dials, which share one HTTP/2 connection to a proxy server. Connects with the first dial,
 * and anew with the first dial after the connection was lost.
 *
 * An idle tunnel does not keep the process alive; open sockets and waiting dials do.
 *
 * @throws ConfigError when an address cannot be read
 */
export function createTunnel(options: TunnelOptions): Tunnel {
  return new GrpcTunnel(options)
}

/** A tunnel through the proxy server's gRPC service, one stream for each dial. */
export class GrpcTunnel extends BaseTunnel {
  readonly #connector: ServerConnector

  constructor(options: TunnelOptions) {
    super(options)
    this.#connector = new ServerConnector({ log: this.log, metrics: this.metrics }, options)
  }

  protected override async connect(
    remote: HostPort,
    deadline: DialDeadline,
    options: DialOptions,
  ): Promise<TunnelSocket> {
    try {
      return await this.#dialOnce(remote, deadline, options)
    } catch (error) {
      if (!(error instanceof StreamRefusedError) || this.closed) throw error
      return this.#dialOnce(remote, deadline, options)
    }
  }

  protected override async teardown(): Promise<void> {
    await this.#connector.stop(new ConnectionResetError('the tunnel was closed'))
  }

  async #dialOnce(remote: HostPort, deadline: DialDeadline, options: DialOptions): Promise<TunnelSocket> {
    const connection = await deadline.race(this.#connection())
    if (this.closed) throw new DialError('tunnelclosed', 'tunnel closed')
    const stream = connection.openStream()
    try {
      return await deadline.race(stream.dial(remote, options.allowHalfOpen ?? false))
    } catch (error) {
      stream.cancel(error as Error)
      throw error
    }
  }

  async #connection(): Promise<ServerConnection> {
    try {
      return await this.#connector.connection()
    } catch (cause) {
      if (this.closed) throw new DialError('tunnelclosed', 'tunnel closed', { cause })
      throw new DialError('streamsetup', errorMessage(cause), { cause })
    }
  }
}
