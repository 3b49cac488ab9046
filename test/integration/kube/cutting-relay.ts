import { once } from 'node:events'
import net from 'node:net'

/** A TCP relay on 127.0.0.1 that breaks each connection after some bytes of the answers. */
export class CuttingRelay {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  #isWhole = false
  cuts = 0

  /** `chooseBytes` says how much of what comes from `port` the next connection lets through. */
  static async start(port: number, chooseBytes: () => number): Promise<CuttingRelay> {
    const relay = new CuttingRelay(port, chooseBytes)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  private constructor(port: number, chooseBytes: () => number) {
    this.#server = net.createServer((inbound) => {
      const outbound = net.connect(port, '127.0.0.1')
      for (const [one, other] of [
        [inbound, outbound],
        [outbound, inbound],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => {})
        one.once('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
      }
      inbound.pipe(outbound)
      let left = chooseBytes()
      outbound.on('data', (bytes) => {
        if (this.#isWhole || bytes.length <= left) {
          left -= bytes.length
          inbound.write(bytes)
          return
        }
        this.cuts++
        inbound.end(bytes.subarray(0, left))
        left = 0
        outbound.destroy()
      })
    })
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Breaks nothing any more. */
  heal(): void {
    this.#isWhole = true
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.breakAll()
    await closed
  }
}
