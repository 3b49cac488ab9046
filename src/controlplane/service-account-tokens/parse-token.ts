import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'

/** Far more than any token that is issued. */
const LONGEST_TOKEN = 64 * 1024

const COMPACT_JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/

/**
 * The issuer that a token says it has, or undefined when it is no JWT. Nothing has been verified: this only tells whose token it
 * might be.
 */
export function claimedIssuer(token: string): string | undefined {
  if (token.length > LONGEST_TOKEN) return undefined
  const [, payload] = COMPACT_JWT.exec(token) ?? []
  if (payload === undefined) return undefined
  const claims = parseClaims(Buffer.from(payload, 'base64url').toString())
  return claims && stringClaim(claims, 'iss')
}

export function parseClaims(payload: string): JsonObject | undefined {
  try {
    const claims: unknown = JSON.parse(payload)
    return isJsonObject(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

export function claim(claims: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

/** Empty when it is not there, or is something else. */
export function stringClaim(claims: JsonObject, name: string): string {
  const value = claim(claims, name)
  return typeof value === 'string' ? value : ''
}

/** One or several, as RFC 7519 allows. */
export function audiencesOf(claims: JsonObject): string[] {
  const value = claim(claims, 'aud')
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((each) => typeof each === 'string')
}
