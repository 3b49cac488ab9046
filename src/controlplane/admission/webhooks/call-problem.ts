/** Why a call has failed, in the words of Go's clients, which people look for when a webhook does not work. */

const UNKNOWN_AUTHORITY = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]

interface SystemError extends Error {
  readonly code?: string
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
  readonly reason?: string
}

/** Of a request that has got no answer. */
export function callProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', address, port, hostname, message, name } = error as SystemError
  if (name === 'AbortError') return 'context canceled'
  if (UNKNOWN_AUTHORITY.includes(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}:${port}: connect: connection refused`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname}: no such host`
    case 'ECONNRESET':
      return 'read: connection reset by peer'
    case 'UND_ERR_SOCKET':
      return 'EOF'
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `tls: failed to verify certificate: x509: ${message}`
    default:
      return message
  }
}

const LONGEST_TEXT = 2048

/** By the status of an answer (k8s.io/apimachinery, NewGenericServerResponse); those that are missing say what the server says. */
const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

const SAY_THEMSELVES = [403, 406, 415, 503]

/** Of an answer that is no success; undefined for one that is. */
export function statusProblem(
  code: number,
  body: string,
  contentType: string | string[] | undefined,
): string | undefined {
  if (code >= 200 && code <= 206) return undefined
  const isText = contentType === undefined || String(contentType).startsWith('text/')
  const said = isText ? body.slice(0, LONGEST_TEXT).trim() : 'unknown'
  if (SAY_THEMSELVES.includes(code)) return said
  const known = PROBLEMS[code]
  if (known !== undefined) return known
  return code >= 500
    ? `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`
    : `the server responded with the status code ${code} but did not return more information`
}
