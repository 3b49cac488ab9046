import { isJsonObject } from '../../../common/json.ts'
import { parseJson } from '../../../common/parse-json.ts'

/** Tokens are renewed when this part of their life is left. */
const RENEW_WHEN_LEFT = 0.2

/** What a service account's token says of itself. It is not verified: that is for who is shown it. */
export interface TokenFacts {
  /** Ms since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Of the service account. */
  readonly uid: string | undefined
}

/** Undefined for what is no token. */
export function readToken(token: string): TokenFacts | undefined {
  const [, payload, signature, ...rest] = token.trim().split('.')
  if (payload === undefined || signature === undefined || rest.length > 0) return undefined
  const claims = claimsIn(payload)
  if (!isJsonObject(claims)) return undefined
  const { iat, exp, 'kubernetes.io': kubernetes } = claims
  if (typeof iat !== 'number' || typeof exp !== 'number') return undefined
  const account = isJsonObject(kubernetes) ? kubernetes.serviceaccount : undefined
  const uid = isJsonObject(account) ? account.uid : undefined
  return { issuedAt: iat * 1000, expiresAt: exp * 1000, uid: typeof uid === 'string' ? uid : undefined }
}

/** When to ask for a new token, in ms since the epoch; 0 for now, since this one does not do. */
export function tokenRenewalTime(token: string | undefined, wantedUid: string): number {
  const facts = token === undefined ? undefined : readToken(token)
  if (!facts || facts.uid !== wantedUid || facts.expiresAt <= facts.issuedAt) return 0
  return facts.expiresAt - RENEW_WHEN_LEFT * (facts.expiresAt - facts.issuedAt)
}

function claimsIn(payload: string): unknown {
  try {
    return parseJson(Buffer.from(payload, 'base64url').toString())
  } catch {
    return undefined
  }
}
