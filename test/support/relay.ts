import { once } from 'node:events'
import net from 'node:net'

/** A TCP relay on 127.0.0.1: a load balancer, or a network that fails on demand. */
export class Relay {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  accepted = 0

  /** `choosePort` says where the next connection goes; undefined drops it. */
  constructor(choosePort: () => number | undefined) {
    this.#server = net.createServer((inbound) => {
      this.accepted++
      const port = choosePort()
      if (port === undefined) {
        inbound.destroy()
        return
      }
      const outbound = net.connect(port, '127.0.0.1')
      for (const [from, to] of [
        [inbound, outbound],
        [outbound, inbound],
      ] as const) {
        this.#sockets.add(from)
        from.on('error', () => {})
        from.once('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
        from.pipe(to)
      }
    })
  }

  static async start(choosePort: () => number | undefined): Promise<Relay> {
    const relay = new Relay(choosePort)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Passes nothing on any more, while all connections stay open, as when a host or a network vanishes. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
