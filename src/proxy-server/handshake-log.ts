import type { TLSSocket } from 'node:tls'
import type { Logger } from '../common/log.ts'

/**
 * Says why a peer did not get past TLS. Node destroys the socket of a peer whose certificate it refuses, which looks like a
 * peer that hung up; the verdict stands on the socket.
 */
export function logFailedHandshake(log: Logger, error: NodeJS.ErrnoException, socket: TLSSocket): void {
  log.warn({ peer: socket.remoteAddress, reason: reasonOf(error, socket) }, 'handshake failed')
}

function reasonOf(error: NodeJS.ErrnoException, { authorizationError }: TLSSocket): string {
  if (authorizationError) return `certificate refused: ${authorizationError}`
  if (error.code === 'ECONNRESET') return 'the peer went away, it may not trust our certificate'
  return error.message
}
