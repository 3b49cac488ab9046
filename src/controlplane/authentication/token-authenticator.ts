import type { User } from '../rbac/index.ts'
import { AuthenticationError, aggregateErrors } from './authentication-error.ts'

/** Whom a token stands for, and for whom it is meant. */
export interface AuthenticatedToken {
  readonly user: User
  /** Those of the wanted audiences that the token is for. */
  readonly audiences: readonly string[]
}

/** Knows one kind of token (k8s.io/apiserver, authenticator.Token). */
export interface TokenAuthenticator {
  /**
   * Undefined when the token is none of this kind. One of `audiences`, when they are given, must be the token's.
   *
   * @throws AuthenticationError when it is, and is not good
   */
  authenticateToken(token: string, audiences?: readonly string[]): Promise<AuthenticatedToken | undefined>
}

/** The first that knows a token decides; what the others had against it is only said when none does. */
export function unionTokenAuthenticator(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const errors: AuthenticationError[] = []
      for (const each of authenticators) {
        try {
          const authenticated = await each.authenticateToken(token, audiences)
          if (authenticated) return authenticated
        } catch (error) {
          if (!(error instanceof AuthenticationError)) throw error
          errors.push(error)
        }
      }
      if (errors.length > 0) throw aggregateErrors(errors)
      return undefined
    },
  }
}
