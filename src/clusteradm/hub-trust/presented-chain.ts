import { once } from 'node:events'
import { isIP } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { encodePem } from '../../pki/index.ts'

const TIMEOUT_MS = 10_000

/**
 * The certificates that a server presents, as a PEM bundle, leaf first. Nobody has vouched for the server, and nothing is sent to it.
 * Rejects when there is no TLS to be had.
 */
export async function presentedChain(server: URL, signal: AbortSignal): Promise<string> {
  const host = server.hostname.replace(/^\[|\]$/g, '')
  const socket = connect({
    host,
    port: Number(server.port || 443),
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: false,
  })
  try {
    await once(socket, 'secureConnect', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    return pemsOf(socket.getPeerCertificate(true)).join('')
  } finally {
    socket.destroy()
  }
}

function pemsOf(leaf: DetailedPeerCertificate): string[] {
  const pems: string[] = []
  const seen = new Set<string>()
  let certificate: DetailedPeerCertificate | undefined = leaf
  // A root is its own issuer.
  while (certificate?.raw && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256)
    pems.push(encodePem('CERTIFICATE', certificate.raw))
    certificate = certificate.issuerCertificate
  }
  return pems
}
