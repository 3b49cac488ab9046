import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

/** A TCP target that sends back what it gets, half-closes included. */
export class EchoServer {
  readonly sockets = new Set<Socket>()
  readonly #server: net.Server

  static async start(onConnection = (socket: Socket): unknown => socket.pipe(socket)): Promise<EchoServer> {
    const echo = new EchoServer(onConnection)
    echo.#server.listen(0, '127.0.0.1')
    await once(echo.#server, 'listening')
    return echo
  }

  constructor(onConnection: (socket: Socket) => unknown) {
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => this.sockets.delete(socket))
      onConnection(socket)
    })
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
