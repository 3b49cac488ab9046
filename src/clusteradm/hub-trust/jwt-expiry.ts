import { parseJson } from '../../common/parse-json.ts'

/** When a service account's token ends, in ms since the epoch. Undefined for what is no JWT, such as a bootstrap token. */
export function tokenExpiry(token: string): number | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const claims = parseJson(Buffer.from(payload, 'base64url').toString())
    const { exp } = (claims ?? {}) as { readonly exp?: unknown }
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined // the hub will say what it thinks of it
  }
}
