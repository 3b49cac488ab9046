import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What a target does with a connection. */
export type Behaviour = (socket: Socket) => void

/** A TCP service for agents to connect to, in this process. */
export class Target {
  readonly sockets = new Set<Socket>()
  readonly #server: net.Server

  static async start(behaviour: Behaviour, port = 0): Promise<Target> {
    const target = new Target(behaviour)
    target.#server.listen(port, '127.0.0.1')
    await once(target.#server, 'listening')
    return target
  }

  private constructor(behaviour: Behaviour) {
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => this.sockets.delete(socket))
      behaviour(socket)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /**
   * Bytes that were sent on the connections there are, whether or not they have arrived. What is written at once counts once
   * the kernel has taken all of it.
   */
  get bytesWritten(): number {
    return [...this.sockets].reduce(
      (sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength,
      0,
    )
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Returns what it gets, half-closes included. */
export const echoing: Behaviour = (socket) => void socket.pipe(socket)

/** Sends without end, as fast as it is taken. */
export const flooding = (socket: Duplex): void => {
  const chunk = Buffer.alloc(64 * 1024, 'flood')
  const fill = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', fill)
  fill()
}

/** Sends so much and no more. */
export const sending =
  (bytes: number): Behaviour =>
  (socket) =>
    void socket.write(Buffer.alloc(bytes, 'some'))

/** Takes nothing. */
export const deaf: Behaviour = (socket) => void socket.pause()
