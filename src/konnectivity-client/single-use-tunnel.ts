import { DialError } from '../common/errors.ts'
import type { CredentialsSource } from './credentials.ts'
import type { DialDeadline } from './dial-deadline.ts'
import { GrpcTunnel } from './grpc-tunnel.ts'
import type { HostPort } from './host-port.ts'
import type { DialOptions, Tunnel, TunnelOptions } from './tunnel.ts'
import type { TunnelSocket } from './tunnel-socket.ts'

/**
 * Creates a tunnel for one dial, with a connection to the proxy server of its own that ends with the dial's socket, as
 * konnectivity's clients have long done it. `createTunnel` needs neither a connection nor a TLS handshake for each dial.
 *
 * @throws ConfigError when the address cannot be read
 */
export function createSingleUseGrpcTunnel(
  address: string,
  credentials?: CredentialsSource,
  options: Omit<TunnelOptions, 'address' | 'addresses' | 'credentials'> = {},
): Tunnel {
  return new SingleUseTunnel({ ...options, address, credentials })
}

class SingleUseTunnel extends GrpcTunnel {
  #dialed = false

  protected override checkDial(): void {
    if (this.#dialed) throw new DialError('tunnelstarted', 'single-use dialer already dialed')
    this.#dialed = true
    super.checkDial()
  }

  protected override async connect(
    remote: HostPort,
    deadline: DialDeadline,
    options: DialOptions,
  ): Promise<TunnelSocket> {
    try {
      const socket = await super.connect(remote, deadline, options)
      socket.once('close', () => void this.close())
      return socket
    } catch (error) {
      void this.close()
      throw error
    }
  }
}
