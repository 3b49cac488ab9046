import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'

/** A stretch of network before a server, on which packets can get lost for good. */
export class FreezableLink {
  readonly #server: net.Server
  readonly #sockets: Socket[] = []

  static async start(address: string): Promise<FreezableLink> {
    const link = new FreezableLink(Number(address.split(':').at(-1)))
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  constructor(port: number) {
    this.#server = net.createServer((near) => {
      const far = net.connect(port, '127.0.0.1')
      for (const socket of [near, far]) socket.on('error', () => {})
      near.pipe(far).pipe(near)
      this.#sockets.push(near, far)
    })
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe().pause()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
