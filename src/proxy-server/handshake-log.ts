import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { withCure } from '../common/certificate-cures.ts'
import type { Logger } from '../common/log.ts'

/** Logs why peers of `server` did not get past TLS, and which. */
export function logFailedHandshakes(log: Logger, server: Server): void {
  // The address has to be asked for while the peer is there; the socket remembers it.
  server.on('connection', (raw: Socket) => void raw.remoteAddress)
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    log.warn({ peer: peerOf(socket), reason: reasonOf(error, socket) }, 'handshake failed')
  })
}

/** Of a TLS socket that is gone, only the TCP socket below it still knows the peer, and Node has no public way to that. */
function peerOf(socket: TLSSocket & { readonly _parent?: Socket | null }): string | undefined {
  return socket.remoteAddress ?? socket._parent?.remoteAddress
}

/**
 * Node destroys the socket of a peer whose certificate it refuses, which looks like a peer that hung up; the verdict stands
 * on the socket.
 */
function reasonOf(error: NodeJS.ErrnoException, { authorizationError: verdict }: TLSSocket): string {
  if (verdict) return withCure(`certificate refused: ${verdict}`, String(verdict))
  if (error.code === 'ECONNRESET') return 'the peer went away, it may not trust our certificate'
  return error.code ?? error.message // OpenSSL's message names its own source file
}
