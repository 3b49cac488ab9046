import type { TLSSocket } from 'node:tls'
import type { TunnelSocket } from '../tunnel-socket.ts'
import type { DialingSocket } from './dialing-socket.ts'

/**
 * Lets `ref` and `unref` of a TLS socket reach the socket under it, which Node does only for its own: without it a
 * connection that an agent keeps for later would keep the process alive.
 */
export function followReferences(secured: TLSSocket, socket: TunnelSocket | DialingSocket): TLSSocket {
  secured.ref = () => {
    socket.ref()
    return secured
  }
  secured.unref = () => {
    socket.unref()
    return secured
  }
  return secured
}
