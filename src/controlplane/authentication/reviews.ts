import { isJsonObject, type JsonObject } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import type { User } from '../rbac/index.ts'
import { AuthenticationError } from './authentication-error.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { asAuthenticated } from './well-known-users.ts'

/** A user as it is written in reviews and requests for certificates. */
export interface UserInfo extends JsonObject {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** The status of a TokenReview, its fields in the order of the original's. */
export interface TokenReviewStatus extends JsonObject {
  readonly authenticated?: true
  readonly user: UserInfo
  readonly audiences?: readonly string[]
  readonly error?: string
}

export interface SelfSubjectReviewStatus extends JsonObject {
  readonly userInfo: UserInfo
}

/**
 * Whose a token is (kubernetes, pkg/registry/authentication/tokenreview). Audiences that are not named are the server's own.
 *
 * @throws StatusError BadRequest when there is no token
 */
export async function reviewToken(tokens: TokenAuthenticator, spec: unknown): Promise<TokenReviewStatus> {
  const { token, audiences } = readSpec(spec)
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  try {
    const authenticated = await tokens.authenticateToken(token, audiences.length > 0 ? audiences : undefined)
    if (!authenticated) throw new AuthenticationError('invalid bearer token')
    const user = userInfo(asAuthenticated(authenticated.user))
    return { authenticated: true, user, audiences: authenticated.audiences }
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error
    return { user: {}, error: asReviewed(error).message }
  }
}

export function selfSubjectReview(user: User): SelfSubjectReviewStatus {
  return { userInfo: userInfo(user) }
}

/** What is empty is left out. */
export function userInfo({ name, uid = '', groups, extra = {} }: User): UserInfo {
  return {
    ...(name === '' ? {} : { username: name }),
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** The original asks for its own loopback token first, which it never is, and says so. */
function asReviewed(error: AuthenticationError): AuthenticationError {
  return new AuthenticationError(['invalid bearer token', ...error.reasons])
}

function readSpec(spec: unknown): { readonly token: string; readonly audiences: readonly string[] } {
  const { token, audiences } = isJsonObject(spec) ? spec : {}
  const list: readonly unknown[] = Array.isArray(audiences) ? audiences : []
  return {
    token: typeof token === 'string' ? token : '',
    audiences: list.filter((each) => typeof each === 'string'),
  }
}
