/**
 * The headers of a request, names in lower case and every value by itself, as Node's `headersDistinct` has them: joined values
 * could not be told apart any more.
 */
export type RequestHeaders = Readonly<Record<string, readonly string[] | undefined>>

const PROTOCOL_HEADER = 'sec-websocket-protocol'

/** A browser cannot set headers of a WebSocket; there the token is one of the subprotocols. */
export const BEARER_PROTOCOL_PREFIX = 'base64url.bearer.authorization.k8s.io.'

/** Headers that say who somebody is, rather than what they want. */
const IDENTITY_HEADER =
  /^(authorization$|impersonate-(user|group|uid)$|impersonate-extra-|x-remote-(user|uid|group)$|x-remote-extra-)/

export function headerValues(headers: RequestHeaders, name: string): readonly string[] {
  return (Object.hasOwn(headers, name) ? headers[name] : undefined) ?? []
}

export function firstHeader(headers: RequestHeaders, name: string): string {
  return headerValues(headers, name)[0] ?? ''
}

export function isWebSocketRequest(headers: RequestHeaders): boolean {
  const options = firstHeader(headers, 'connection').toLowerCase().split(',')
  return (
    firstHeader(headers, 'upgrade').toLowerCase() === 'websocket' &&
    options.some((option) => option.trim() === 'upgrade')
  )
}

/** The subprotocols that a client offers, in order. */
export function subprotocols(headers: RequestHeaders): string[] {
  return headerValues(headers, PROTOCOL_HEADER).flatMap((value) =>
    value.split(',').map((each) => each.trim()),
  )
}

/** What may be passed on once the sender is known: neither credentials nor claims about who it is. */
export function withoutIdentity(headers: RequestHeaders): RequestHeaders {
  const kept: Record<string, readonly string[] | undefined> = Object.create(null)
  for (const name of Object.keys(headers)) {
    if (!IDENTITY_HEADER.test(name)) kept[name] = headers[name]
  }
  const offered = subprotocols(headers)
  const others = offered.filter((each) => !each.startsWith(BEARER_PROTOCOL_PREFIX))
  if (others.length < offered.length)
    kept[PROTOCOL_HEADER] = others.length === 0 ? undefined : [others.join(',')]
  return kept
}
