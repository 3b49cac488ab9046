import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { ConfigError } from '../../common/errors.ts'
import { AuthenticationError } from '../authentication/authentication-error.ts'

const ALGORITHM_BY_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/** A public key as relying parties read it (RFC 7517). */
export type PublicJwk = Readonly<Record<string, string>>

/**
 * The key of service account tokens (kubernetes, pkg/serviceaccount/jwt.go). Tokens name it by the hash of its public half, so that
 * a relying party finds it among several.
 */
export class SigningKey {
  readonly id: string
  readonly algorithm: string
  readonly #privateKey: KeyObject
  readonly #publicKey: KeyObject

  /** @throws ConfigError when tokens cannot be signed with such a key */
  constructor(privateKey: KeyObject) {
    this.algorithm = algorithmOf(privateKey)
    this.#privateKey = privateKey
    this.#publicKey = createPublicKey(privateKey)
    const der = this.#publicKey.export({ type: 'spki', format: 'der' })
    this.id = createHash('sha256').update(der).digest('base64url')
  }

  async sign(payload: string): Promise<string> {
    const { CompactSign } = await import('jose')
    return new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: this.algorithm, kid: this.id })
      .sign(this.#privateKey)
  }

  /**
   * What has been signed. Only our own algorithm is taken, whatever the token says of itself.
   *
   * @throws AuthenticationError when it was not signed with this key
   */
  async verify(token: string): Promise<string> {
    const { compactVerify } = await import('jose')
    try {
      const { payload } = await compactVerify(token, this.#keyFor, { algorithms: [this.algorithm] })
      return Buffer.from(payload).toString()
    } catch (cause) {
      if (cause instanceof AuthenticationError) throw cause
      throw new AuthenticationError('invalid signature', { cause })
    }
  }

  /** Its fields in the order of the original's. */
  async publicJwk(): Promise<PublicJwk> {
    const { exportJWK } = await import('jose')
    const { kty, ...parameters } = (await exportJWK(this.#publicKey)) as Record<string, string>
    const { crv, ...numbers } = parameters
    return {
      use: 'sig',
      kty: kty as string,
      kid: this.id,
      ...(crv === undefined ? {} : { crv }),
      alg: this.algorithm,
      ...numbers,
    }
  }

  readonly #keyFor = ({ kid }: { readonly kid?: unknown }): KeyObject => {
    if (kid !== undefined && kid !== '' && kid !== this.id)
      throw new AuthenticationError('invalid signature, no keys found')
    return this.#publicKey
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'rsa') return 'RS256'
  const algorithm = ALGORITHM_BY_CURVE[asymmetricKeyDetails?.namedCurve ?? '']
  if (algorithm !== undefined) return algorithm
  throw new ConfigError(
    `the key of service account tokens is of type ${JSON.stringify(asymmetricKeyType ?? 'secret')}: give an RSA key, or an EC key of P-256, P-384 or P-521`,
  )
}
