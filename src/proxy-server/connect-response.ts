import type { DialFailure } from './dial-failure.ts'

export const CONNECTION_ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n'

const PLAIN_UTF8 = 'Content-Type: text/plain; charset=utf-8'

/**
 * The answer to a CONNECT that failed, byte for byte what konnectivity's server sends: kube-apiserver and operators read it.
 */
export function connectFailureResponse(failure: DialFailure): string {
  switch (failure.reason) {
    case 'no_agent':
      return response(500, 'Content-Type: text/plain', `currently no tunnels available: ${failure.message}`)
    case 'backend_close':
      return response(502, PLAIN_UTF8, `Backend context error: ${failure.message}\r\n`)
    case 'backend_dial_timeout':
      return response(504, PLAIN_UTF8, `Backend dial timeout: ${failure.message}\r\n`)
    case 'error_response':
      return response(
        statusOfDialError(failure.message),
        `Connection: close\r\n${PLAIN_UTF8}`,
        failure.message,
      )
    case 'frontend_close':
      return response(502, PLAIN_UTF8, failure.message)
    default:
      throw new Error(`unhandled reason ${failure.reason satisfies never}`)
  }
}

/** What konnectivity makes of the agent's error text; the first that matches counts. */
export function statusOfDialError(error: string): 502 | 503 | 504 {
  const text = error.toLowerCase()
  if (text.includes('timeout') || text.includes('deadline exceeded')) return 504
  if (text.includes('too many open files')) return 503
  return 502
}

const REASONS = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

function response(status: keyof typeof REASONS, headers: string, body: string): string {
  return `HTTP/1.1 ${status} ${REASONS[status]}\r\n${headers}\r\n\r\n${body}`
}
