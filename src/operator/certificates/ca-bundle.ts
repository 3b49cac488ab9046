import { X509Certificate } from 'node:crypto'
import { parsePemBlocks } from '../../pki/index.ts'
import { readCertificate } from './validity.ts'

/** Key of the ConfigMap that holds the bundle. */
export const CA_BUNDLE_KEY = 'ca-bundle.crt'

/** The authorities of a bundle that can be read. */
export function authoritiesOf(bundle: string): X509Certificate[] {
  return parsePemBlocks(bundle).flatMap(({ pem }) => readCertificate(pem) ?? [])
}

/** The signer, and of those that were trusted before each that has not expired: what it signed is still in use. */
export function caBundleWith(bundle: string, signerPem: string, nowMs: number): string {
  const signer = new X509Certificate(signerPem)
  const known = new Map<string, X509Certificate>()
  for (const each of [signer, ...authoritiesOf(bundle)]) {
    if (each.validToDate.getTime() > nowMs) known.set(each.fingerprint256, each)
  }
  return [...known.values()].map((each) => each.toString()).join('')
}
