import { createHash, type X509Certificate } from 'node:crypto'
import { certificatesOfBundle } from '../../common/ca-bundle.ts'
import { CommandError } from '../failure.ts'

/** As kubeadm's `--discovery-token-ca-cert-hash`. */
const PIN = /^sha256:[0-9a-f]{64}$/

/** The hash of a CA's public key, as in kubeadm: a CA that is renewed with its key keeps it. */
export function caPin(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`
}

/** Of every certificate of a bundle, each hash once. */
export function caPins(pem: string): string[] {
  return [...new Set(certificatesOfBundle(pem).map(caPin))]
}

/** Throws a CommandError for what is no hash. */
export function requirePins(texts: readonly string[]): void {
  const wrong = texts.find((text) => !PIN.test(text))
  if (wrong === undefined) return
  throw new CommandError(
    `--hub-ca-hash ${JSON.stringify(wrong)} is no hash of a CA: it is written sha256:<64 hexadecimal digits>, as "clusteradm get token" prints it on the hub`,
  )
}

/** The certificates of a bundle that are pinned, as a bundle; empty if none is. */
export function pinnedCertificates(pem: string, pins: readonly string[]): string {
  return certificatesOfBundle(pem)
    .filter((certificate) => pins.includes(caPin(certificate)))
    .join('')
}
