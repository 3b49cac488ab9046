import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { ConfigError, errorMessage } from '../common/errors.ts'

export type KeyAlgorithm = 'ec-p256' | 'rsa-2048'

export const DEFAULT_KEY_ALGORITHM: KeyAlgorithm = 'ec-p256'

const generateKeys = promisify(generateKeyPair)

export async function generatePrivateKey(
  algorithm: KeyAlgorithm = DEFAULT_KEY_ALGORITHM,
): Promise<KeyObject> {
  switch (algorithm) {
    case 'ec-p256':
      return (await generateKeys('ec', { namedCurve: 'P-256' })).privateKey
    case 'rsa-2048':
      return (await generateKeys('rsa', { modulusLength: 2048 })).privateKey
    default:
      throw new ConfigError(
        `unknown key algorithm "${algorithm satisfies never}": use "ec-p256" or "rsa-2048"`,
      )
  }
}

/** PKCS#8, the one form that every TLS stack of the field reads. */
export function encodePrivateKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Reads PKCS#8, PKCS#1 or SEC1. `source` names the file or field in errors; the key itself never appears in one. */
export function parsePrivateKey(pem: string, source = 'private key'): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const cure = pem.includes('ENCRYPTED')
      ? 'it is encrypted; decrypt it first (openssl pkey -in FILE -out FILE.plain)'
      : `expected an unencrypted PEM private key (${errorMessage(cause)})`
    throw new ConfigError(`${source} cannot be read: ${cure}`, { cause })
  }
}

/** SubjectPublicKeyInfo in DER, of a private or a public key. */
export function encodePublicKey(key: KeyObject): Buffer {
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  return publicKey.export({ type: 'spki', format: 'der' })
}
