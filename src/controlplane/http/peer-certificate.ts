import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { TLSSocket } from 'node:tls'

const NONE = Symbol('no certificate')

// Asked for with each request, and costly to make.
const known = new WeakMap<object, X509Certificate | typeof NONE>()

/** The certificate by which the client of a connection has made itself known. */
export function peerCertificate(request: IncomingMessage | Http2ServerRequest): X509Certificate | undefined {
  const session = 'stream' in request ? request.stream?.session : undefined
  const connection = session ?? request.socket
  if (!connection) return undefined
  let certificate = known.get(connection)
  if (certificate === undefined) {
    const socket = (session?.socket ?? request.socket) as TLSSocket
    certificate = socket.getPeerX509Certificate?.() ?? NONE
    known.set(connection, certificate)
  }
  return certificate === NONE ? undefined : certificate
}
