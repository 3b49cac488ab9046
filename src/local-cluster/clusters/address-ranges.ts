import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { ConfigError } from '../../common/errors.ts'

/** How many clusters there can be on one machine. */
export const MOST_CLUSTERS = 64

/** Pods have 127.64.0.0 to 127.127.255.255, Services the upper half, a 16-bit network of each for every cluster. */
const FIRST_POD_NETWORK = 64
const FIRST_SERVICE_NETWORK = 128

/** kubelet's port: nothing else has a use for it, so it shows that a range is taken. */
const KUBELET_PORT = 10_250

/** Which loopback addresses a cluster has. */
export interface AddressRanges {
  /** Such as `127.64.0.0/16`. */
  readonly pods: string
  /** Such as `127.128.0.0/16`. */
  readonly services: string
  /** The Node's, the first one of the pods' network. */
  readonly node: string
}

/** The ranges number `slot`, from 0. */
export function addressRanges(slot: number): AddressRanges {
  const pods = `127.${FIRST_POD_NETWORK + slot}`
  return {
    pods: `${pods}.0.0/16`,
    services: `127.${FIRST_SERVICE_NETWORK + slot}.0.0/16`,
    node: `${pods}.0.1`,
  }
}

/** The hold of one running cluster on its addresses; the kernel takes it back however the process ends. */
export class RangeLease {
  readonly #server: Server

  /** @throws ConfigError when another cluster of this machine has them, whoever started it */
  static async take({ pods, node }: AddressRanges): Promise<RangeLease> {
    const server = createServer((socket) => socket.destroy())
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: node, port: KUBELET_PORT, exclusive: true }, resolve)
      })
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EADDRINUSE')
        throw new ConfigError(
          `the address range ${pods} is taken: something listens at ${node}:${KUBELET_PORT}, most likely a cluster in another --data-dir; stop that one, or delete this cluster and start it anew`,
          { cause },
        )
      throw new ConfigError(
        `cannot use the address range ${pods}: ${(cause as Error).message}; every address of 127.0.0.0/8 must be local, as on Linux`,
        { cause },
      )
    }
    return new RangeLease(server)
  }

  private constructor(server: Server) {
    this.#server = server
    server.unref()
  }

  release(): void {
    this.#server.close()
  }
}

/** Whether nobody holds the ranges of a slot at this moment. Dialled, for to listen would be to hold them. */
export async function isSlotFree(slot: number): Promise<boolean> {
  const socket = connect({ host: addressRanges(slot).node, port: KUBELET_PORT })
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}
