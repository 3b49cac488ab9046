import type { Server, Socket } from 'node:net'

/**
 * Finds the TCP socket under a TLS socket. A TLS socket cannot be reset: `destroy` looks like a clean end to the peer, so
 * whoever has to say "broken off" needs the socket below.
 */
export class RawSockets {
  readonly #byPeer = new Map<string, Socket>()

  /** Remembers every connection that `server` accepts, for as long as it is open. */
  watch(server: Server): void {
    server.on('connection', (raw: Socket) => {
      const key = peerOf(raw)
      this.#byPeer.set(key, raw)
      raw.once('close', () => {
        // A client may have used its port again already.
        if (this.#byPeer.get(key) === raw) this.#byPeer.delete(key)
      })
    })
  }

  /** The TCP socket under `socket`, which is `socket` itself where there is no TLS. */
  under(socket: Socket): Socket {
    return this.#byPeer.get(peerOf(socket)) ?? socket
  }

  /** Ends the connection under `socket` with a TCP RST; on a unix socket, which has none, abruptly. */
  reset(socket: Socket): void {
    const raw = this.#byPeer.get(peerOf(socket))
    if (raw && !raw.destroyed) raw.resetAndDestroy()
    socket.destroy()
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`
}
