import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import type { KeyedCertificate } from '../../src/pki/index.ts'

/** One end of a handshake: what it shows, and the CA that it verifies the other end by. */
export interface HandshakeParty {
  readonly keyed: KeyedCertificate
  readonly trustedCaPem: string
}

export interface ClientParty {
  readonly keyed?: KeyedCertificate
  readonly trustedCaPem: string
  /** The name that the client verifies the server by. @default 'localhost' */
  readonly servername?: string
  /** @default 'TLSv1.3' */
  readonly version?: tls.SecureVersion
}

/**
 * A real mutual TLS handshake on 127.0.0.1. Resolves with the client certificate as the server saw it, rejects with
 * the error of the end that refused.
 */
export async function handshake(server: HandshakeParty, client: ClientParty): Promise<tls.PeerCertificate> {
  const listener = tls.createServer({ ...keyPair(server.keyed), ca: server.trustedCaPem, requestCert: true })
  const verdict = Promise.withResolvers<tls.PeerCertificate>()
  listener.on('tlsClientError', (error, { authorizationError }) =>
    // Typed as an Error, in fact OpenSSL's code; the error itself says no more than that the socket was closed.
    verdict.reject(authorizationError ? Object.assign(error, { code: String(authorizationError) }) : error),
  )
  listener.on('secureConnection', (socket) => {
    socket.on('error', () => {}) // a client that refuses the server resets
    verdict.resolve(socket.getPeerCertificate())
    socket.end('welcome')
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const { port } = listener.address() as AddressInfo
  const version = client.version ?? 'TLSv1.3'
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    servername: client.servername ?? 'localhost',
    ca: client.trustedCaPem,
    minVersion: version,
    maxVersion: version,
    ...(client.keyed && keyPair(client.keyed)),
  })
  const finished = Promise.withResolvers<void>()
  socket.on('error', (error) => finished.reject(error))
  socket.on('close', () => finished.resolve())
  socket.resume()
  try {
    const [seen, outcome] = await Promise.allSettled([verdict.promise, finished.promise])
    const serverRefused = seen.status === 'rejected' && seen.reason.code !== 'ECONNRESET'
    if (!serverRefused && outcome.status === 'rejected') throw outcome.reason
    if (seen.status === 'rejected') throw seen.reason
    return seen.value
  } finally {
    socket.destroy()
    listener.close()
    await once(listener, 'close')
  }
}

function keyPair({ certificatePem, privateKeyPem }: KeyedCertificate): { cert: string; key: string } {
  return { cert: certificatePem, key: privateKeyPem }
}
