import { AuthenticationError } from './authentication-error.ts'
import {
  BEARER_PROTOCOL_PREFIX,
  firstHeader,
  isWebSocketRequest,
  type RequestHeaders,
  subprotocols,
} from './request-headers.ts'

const BASE64URL = /^[\w-]*$/

/** The token of `Authorization: Bearer`. Undefined when there is none; other schemes are nobody's. */
export function bearerToken(headers: RequestHeaders): string | undefined {
  const [scheme = '', token = ''] = firstHeader(headers, 'authorization').trim().split(' ', 2)
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined
}

/**
 * The token among the subprotocols of a WebSocket. Undefined when there is none.
 *
 * @throws AuthenticationError when it is no token, or alone: the server has to answer with one of the others
 */
export function webSocketToken(headers: RequestHeaders): string | undefined {
  if (!isWebSocketRequest(headers)) return undefined
  const offered = subprotocols(headers)
  const [encoded, second] = offered.filter((each) => each.startsWith(BEARER_PROTOCOL_PREFIX))
  if (encoded === undefined) return undefined
  if (second !== undefined)
    throw new AuthenticationError('multiple base64.bearer.authorization tokens specified')
  const token = decode(encoded.slice(BEARER_PROTOCOL_PREFIX.length))
  if (token === '') return undefined
  if (offered.length === 1) throw new AuthenticationError('missing additional subprotocol')
  return token
}

function decode(encoded: string): string {
  if (!BASE64URL.test(encoded) || encoded.length % 4 === 1)
    throw new AuthenticationError('invalid base64.bearer.authorization token encoding')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(encoded, 'base64url'),
    )
  } catch {
    throw new AuthenticationError('invalid base64.bearer.authorization token')
  }
}
