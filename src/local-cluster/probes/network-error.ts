import { isIP } from 'node:net'
import { errorMessage } from '../../common/errors.ts'
import { joinHostPort } from '../../common/listen.ts'

const ERRNO_TEXTS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EADDRNOTAVAIL', 'cannot assign requested address'],
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset by peer'],
  ['EHOSTUNREACH', 'no route to host'],
  ['EMFILE', 'too many open files'],
  ['ENETUNREACH', 'network is unreachable'],
  ['EPIPE', 'broken pipe'],
  ['ETIMEDOUT', 'connection timed out'],
])

/** The time of a probe is up. */
export class ProbeTimeout extends Error {}

/** Why a connection did not come about, as Go's net package says it. */
export function dialErrorText(error: unknown, host: string, port: number): string {
  const address = joinHostPort(host, port)
  if (error instanceof ProbeTimeout) return `dial tcp ${address}: i/o timeout`
  const code = codeOf(error)
  if (isIP(host) === 0 && (code === 'ENOTFOUND' || code === 'EAI_AGAIN')) {
    return `dial tcp: lookup ${host}: no such host`
  }
  const reason = ERRNO_TEXTS.get(code)
  return `dial tcp ${address}: ${reason === undefined ? errorMessage(error) : `connect: ${reason}`}`
}

/** Why an established connection gave no answer. */
export function readErrorText(error: unknown): string {
  const code = codeOf(error)
  if (errorMessage(error) === 'socket hang up') return 'EOF'
  const reason = ERRNO_TEXTS.get(code)
  return reason === undefined ? errorMessage(error) : `read: ${reason}`
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
