import { randomUUID } from 'node:crypto'
import { type KubeObject, timestamp, withMeta } from '../registry/index.ts'
import type { SigningKey } from './signing-key.ts'
import { type BoundObject, legacyTokenClaims, tokenClaims } from './token-claims.ts'

/** What kubelet asks for itself; clients that never read their token again get a year. */
const EXTENDABLE_SECONDS = 60 * 60 + 7
const EXTENDED_SECONDS = 365 * 24 * 60 * 60

const SECOND_MS = 1_000
const SERVICE_ACCOUNT_UID = 'kubernetes.io/service-account.uid'

export interface NewToken {
  readonly serviceAccount: KubeObject
  readonly bound?: BoundObject | undefined
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
}

/** The status of a TokenRequest. */
export interface IssuedToken {
  readonly token: string
  readonly expirationTimestamp: string
}

export interface TokenIssuerOptions {
  /** Such as `https://kubernetes.default.svc`. */
  readonly issuer: string
  /** The server's own. */
  readonly audiences: readonly string[]
}

/** Writes the tokens of service accounts. Whether somebody may have one, and of what length, is decided before. */
export class TokenIssuer {
  readonly #key: SigningKey
  readonly #now: () => number
  readonly #options: TokenIssuerOptions

  constructor(
    components: { readonly key: SigningKey; readonly now?: () => number },
    options: TokenIssuerOptions,
  ) {
    this.#key = components.key
    this.#now = components.now ?? Date.now
    this.#options = options
  }

  async issueToken({ serviceAccount, bound, audiences, expirationSeconds }: NewToken): Promise<IssuedToken> {
    const now = this.#now()
    // What an old client holds works on for longer than it was told, with a time from which on it is worth a warning.
    const isExtended =
      bound?.kind === 'Pod' &&
      expirationSeconds === EXTENDABLE_SECONDS &&
      audiences.every((each) => this.#options.audiences.includes(each))
    const claims = tokenClaims({
      issuer: this.#options.issuer,
      serviceAccount,
      bound,
      audiences,
      issuedAt: Math.floor(now / SECOND_MS),
      expirationSeconds: isExtended ? EXTENDED_SECONDS : expirationSeconds,
      warnAfterSeconds: isExtended ? expirationSeconds : undefined,
      id: randomUUID(),
    })
    return {
      token: await this.#key.sign(JSON.stringify(claims)),
      expirationTimestamp: timestamp(now + expirationSeconds * SECOND_MS),
    }
  }

  /** The Secret of type kubernetes.io/service-account-token with its data filled in, as the token controller writes it. */
  async fillTokenSecret(secret: KubeObject, serviceAccount: KubeObject, caPem: string): Promise<KubeObject> {
    const { namespace = '', uid = '' } = serviceAccount.metadata
    const token = await this.#key.sign(JSON.stringify(legacyTokenClaims(serviceAccount, secret)))
    const annotations = { ...secret.metadata.annotations, [SERVICE_ACCOUNT_UID]: uid }
    const data = {
      ...(secret.data as Readonly<Record<string, string>> | undefined),
      'ca.crt': base64(caPem),
      namespace: base64(namespace),
      token: base64(token),
    }
    return { ...withMeta(secret, { annotations }), data }
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
