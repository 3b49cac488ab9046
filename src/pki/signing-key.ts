import type { KeyObject, webcrypto } from 'node:crypto'
import { ConfigError } from '../common/errors.ts'

/** A private key in the form that signs certificates, with the algorithm that it signs by. */
export interface SigningKey {
  readonly key: webcrypto.CryptoKey
  readonly algorithm: { readonly name: string; readonly hash: string }
}

/** The curve decides the hash, as RFC 5480 section 4 recommends. */
const curves = new Map([
  ['prime256v1', { namedCurve: 'P-256', hash: 'SHA-256' }],
  ['secp384r1', { namedCurve: 'P-384', hash: 'SHA-384' }],
  ['secp521r1', { namedCurve: 'P-521', hash: 'SHA-512' }],
])

/** `source` names the file or field in errors. */
export function toSigningKey(key: KeyObject, source: string): SigningKey {
  const curve = curves.get(key.asymmetricKeyDetails?.namedCurve ?? '')
  if (key.asymmetricKeyType === 'ec' && curve) {
    const { namedCurve, hash } = curve
    return {
      key: key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign']),
      algorithm: { name: 'ECDSA', hash },
    }
  }
  if (key.asymmetricKeyType === 'rsa') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    return { key: key.toCryptoKey(algorithm, false, ['sign']), algorithm }
  }
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType
  throw new ConfigError(`${source} is of type "${kind}": use an EC key (P-256, P-384, P-521) or an RSA key`)
}
