import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ConnectProxyOptions {
  /** Speaks TLS to its clients. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** An HTTP proxy that does nothing but CONNECT, and says to where. */
export class ConnectProxy {
  readonly url: string
  /** `host:port` of each CONNECT. */
  readonly targets: string[] = []
  readonly #server: http.Server
  readonly #sockets = new Set<Socket | Duplex>()

  /** @param port for one that comes back */
  static async start({ tls }: ConnectProxyOptions = {}, port = 0): Promise<ConnectProxy> {
    const server = tls ? https.createServer(tls) : http.createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new ConnectProxy(server, tls ? 'https' : 'http')
  }

  private constructor(server: http.Server, scheme: string) {
    this.#server = server
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket: Socket) => this.#keep(socket))
    server.on('connect', (request, socket: Duplex, head: Buffer) => {
      this.targets.push(request.url ?? '')
      const { hostname, port } = new URL(`tcp://${request.url}`)
      const target = this.#keep(net.connect(Number(port), hostname))
      target.once('connect', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        if (head.length > 0) target.write(head)
        target.pipe(socket).pipe(target)
      })
      socket.once('error', () => target.destroy())
      socket.once('close', () => target.destroy())
      target.once('error', () => socket.destroy())
      target.once('close', () => socket.destroy())
    })
  }

  /** Breaks off what goes through it. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #keep<T extends Socket>(socket: T): T {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}
