import { AuthenticationError } from '../authentication/authentication-error.ts'
import type { ObjectLookup } from '../authentication/object-lookup.ts'
import type { AuthenticatedToken, TokenAuthenticator } from '../authentication/token-authenticator.ts'
import { boundTokenUser } from './bound-token-user.ts'
import { legacyTokenUser } from './legacy-token-user.ts'
import { audiencesOf, claimedIssuer, parseClaims, stringClaim } from './parse-token.ts'
import type { SigningKey } from './signing-key.ts'
import { LEGACY_ISSUER } from './token-claims.ts'
import type { TokenIssuerOptions } from './token-issuer.ts'

export interface TokenVerifierComponents {
  readonly key: SigningKey
  readonly lookup: ObjectLookup
  /** In ms since the epoch. @default Date.now */
  readonly now?: () => number
}

/**
 * Knows the tokens that TokenIssuer has written (kubernetes, pkg/serviceaccount/jwt.go): their signature, their audience, their time,
 * and whether what they stand for is still there.
 */
export class TokenVerifier implements TokenAuthenticator {
  readonly #key: SigningKey
  readonly #lookup: ObjectLookup
  readonly #now: () => number
  readonly #options: TokenIssuerOptions

  constructor(components: TokenVerifierComponents, options: TokenIssuerOptions) {
    this.#key = components.key
    this.#lookup = components.lookup
    this.#now = components.now ?? Date.now
    this.#options = options
  }

  /** @throws AuthenticationError when a token of ours, or what says that it is one, is not good */
  async authenticateToken(
    token: string,
    wanted: readonly string[] = this.#options.audiences,
  ): Promise<AuthenticatedToken | undefined> {
    const issuer = claimedIssuer(token)
    const isLegacy = issuer === LEGACY_ISSUER
    if (!isLegacy && issuer !== this.#options.issuer) return undefined
    const claims = parseClaims(await this.#key.verify(token))
    if (!claims || stringClaim(claims, 'iss') !== issuer)
      throw new AuthenticationError(`token issuer ${JSON.stringify(issuer)} is invalid`)

    const named = audiencesOf(claims)
    // Tokens of Secrets name none: they are for the server alone.
    const own = named.length > 0 ? named : this.#options.audiences
    const audiences = own.filter((each) => wanted.includes(each))
    if (audiences.length === 0) {
      throw new AuthenticationError(
        `token audiences ${list(own)} is invalid for the target audiences ${list(wanted)}`,
      )
    }
    const user = isLegacy
      ? legacyTokenUser(this.#lookup, token, claims)
      : boundTokenUser(this.#lookup, claims, this.#now())
    return { user, audiences }
  }
}

/** As Go prints a list of strings. */
function list(texts: readonly string[]): string {
  return `[${texts.map((each) => JSON.stringify(each)).join(' ')}]`
}
