import { joinHostPort } from '../common/listen.ts'

/**
 * Go servers, and people's scripts, classify dial failures by the words of Go's net package: `timeout`, `connection refused`,
 * `no such host`, `too many open files`. What Node says is therefore told in Go's words.
 */
const ERRNO_TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EAFNOSUPPORT: 'address family not supported by protocol',
  ECONNABORTED: 'software caused connection abort',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTDOWN: 'host is down',
  EHOSTUNREACH: 'no route to host',
  EINVAL: 'invalid argument',
  EMFILE: 'too many open files',
  ENETDOWN: 'network is down',
  ENETRESET: 'network dropped connection on reset',
  ENETUNREACH: 'network is unreachable',
  ENFILE: 'too many open files in system',
  ENOBUFS: 'no buffer space available',
  ENOMEM: 'cannot allocate memory',
  EPERM: 'operation not permitted',
  EPIPE: 'broken pipe',
}

/** Go's own timeout, and the kernel's, both print like this. */
export const TIMEOUT_TEXT = 'i/o timeout'

/** These arise before there is anything to connect. */
const SOCKET_ERRNOS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAFNOSUPPORT'])

const LOOKUP_TEXTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  ENODATA: 'no such host',
  EAI_NODATA: 'no such host',
  EAI_NONAME: 'no such host',
  EAI_ADDRFAMILY: 'no such host',
  // Names with a null byte, and those that are too long: neither is even looked up.
  ERR_INVALID_ARG_VALUE: 'no such host',
  EINVAL: 'no such host',
  EAI_AGAIN: 'server misbehaving',
  EAI_FAIL: 'server misbehaving',
  ESERVFAIL: 'server misbehaving',
  EREFUSED: 'server misbehaving',
  ETIMEOUT: TIMEOUT_TEXT,
}

interface NodeError extends Error {
  readonly code?: string
  readonly syscall?: string
  readonly address?: string
  readonly port?: number
}

/** What Go says when a dial to `address` (`host:port`) failed with what Node threw. */
export function dialErrorText(network: string, address: string, thrown: unknown): string {
  const error = firstOf(thrown)
  const { code = '' } = error
  const where = error.address ? joinHostPort(error.address, error.port ?? 0) : address
  if (code === 'ETIMEDOUT' || code === 'ERR_SOCKET_CONNECTION_TIMEOUT') {
    return `dial ${network} ${where}: ${TIMEOUT_TEXT}`
  }
  const text = ERRNO_TEXTS[code]
  if (!text) return `dial ${network} ${where}: ${error.message}`
  return `dial ${network} ${where}: ${SOCKET_ERRNOS.has(code) ? 'socket' : 'connect'}: ${text}`
}

/** What Go says when the name of a target could not be resolved. */
export function lookupErrorText(network: string, host: string, thrown: unknown): string {
  const { code = '', message } = firstOf(thrown)
  return `dial ${network}: lookup ${host}: ${LOOKUP_TEXTS[code] ?? message}`
}

/** Both ends of a connection, as `host:port`. */
export interface Endpoints {
  readonly local: string
  readonly remote: string
}

/** What Go says when an established connection broke: Node tells which system call it noticed it at. */
export function connectionErrorText(network: string, { local, remote }: Endpoints, thrown: unknown): string {
  const { code = '', syscall, message } = firstOf(thrown)
  const operation = syscall === 'write' ? 'write' : 'read'
  const text = code === 'ETIMEDOUT' ? 'connection timed out' : ERRNO_TEXTS[code]
  return `${operation} ${network} ${local}->${remote}: ${text ? `${operation}: ${text}` : message}`
}

/** Of several addresses that failed, Go reports the first. */
function firstOf(thrown: unknown): NodeError {
  const error = thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors[0] : thrown
  return error instanceof Error ? error : new Error(String(error))
}
