import { createHash } from 'node:crypto'
import type { AuthenticatedToken, TokenAuthenticator } from './token-authenticator.ts'

/** How long a token that was good counts as good, as in the original. */
const SUCCESS_TTL_MS = 10_000

const MAX_ENTRIES = 4_096

interface Entry {
  readonly authenticated: AuthenticatedToken
  readonly expiresAt: number
}

/**
 * Remembers good tokens for ten seconds, so that a busy client does not cost a signature for each request; what has been revoked
 * is good for no longer than that. Refusals are not remembered. Equal tokens that come together are looked at once.
 *
 * Invariant: at most MAX_ENTRIES results are kept, under hashes, so that no token stays in memory.
 */
export class CachedTokenAuthenticator implements TokenAuthenticator {
  readonly #authenticator: TokenAuthenticator
  readonly #now: () => number
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()
  readonly #underWay = new Map<string, Promise<AuthenticatedToken | undefined>>()

  constructor(components: { readonly authenticator: TokenAuthenticator; readonly now?: () => number }) {
    this.#authenticator = components.authenticator
    this.#now = components.now ?? Date.now
  }

  async authenticateToken(
    token: string,
    audiences?: readonly string[],
  ): Promise<AuthenticatedToken | undefined> {
    const key = keyOf(token, audiences)
    const entry = this.#entries.get(key)
    if (entry && this.#now() < entry.expiresAt) return entry.authenticated

    const underWay = this.#underWay.get(key)
    if (underWay) return underWay
    const lookup = this.#authenticator.authenticateToken(token, audiences)
    this.#underWay.set(key, lookup)
    try {
      const authenticated = await lookup
      if (authenticated) this.#remember(key, authenticated)
      return authenticated
    } finally {
      this.#underWay.delete(key)
    }
  }

  #remember(key: string, authenticated: AuthenticatedToken): void {
    this.#entries.delete(key) // so that it counts as new
    this.#entries.set(key, { authenticated, expiresAt: this.#now() + SUCCESS_TTL_MS })
    for (const [oldest, { expiresAt }] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && this.#now() < expiresAt) break
      this.#entries.delete(oldest)
    }
  }
}

/** JSON keeps apart what would be the same when strung together. */
function keyOf(token: string, audiences: readonly string[] | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([token, audiences ?? null]))
    .digest('base64')
}
