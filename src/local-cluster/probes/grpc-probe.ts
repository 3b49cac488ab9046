import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { formatDuration } from '../../common/duration.ts'
import { errorMessage } from '../../common/errors.ts'
import { joinHostPort } from '../../common/listen.ts'
import { withDeadline } from '../../kube/index.ts'
import { decodeHealthResponse, encodeHealthRequest } from './health-check-wire.ts'
import { dialErrorText, ProbeTimeout } from './network-error.ts'
import { MOST_ANSWER_BYTES, PROBE_USER_AGENT, type ProbeResult } from './probe-result.ts'

const UNIMPLEMENTED = 12
const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

export interface GrpcProbeTarget {
  readonly host: string
  readonly port: number
  /** @default the server as a whole */
  readonly service?: string
}

interface GrpcAnswer {
  readonly code: number
  readonly message: string
  readonly frame: Buffer
}

/** Whether the gRPC health protocol says that it serves, without TLS (kubernetes, pkg/probe/grpc). Never unknown. */
export async function probeGrpc(
  { host, port, service = '' }: GrpcProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const address = joinHostPort(host, port)
  const within = formatDuration(timeoutMs)
  let isConnected = false
  try {
    return await withDeadline(
      { ms: timeoutMs, error: () => new ProbeTimeout(), signal },
      async (deadline) => {
        const session = connect(`http://${address}`)
        const failed = failureOf(session, deadline)
        try {
          await Promise.race([
            new Promise<void>((resolve) => session.once('remoteSettings', () => resolve())),
            failed,
          ])
          isConnected = true
          return judged(await Promise.race([checked(session, service), failed]))
        } finally {
          session.destroy()
        }
      },
    )
  } catch (error) {
    signal.throwIfAborted()
    const isTimeout = error instanceof ProbeTimeout
    if (isConnected && isTimeout) return failure(`timeout: health rpc did not complete within ${within}`)
    if (isConnected) return failure(`error: health rpc probe failed: ${rpcError(14, errorMessage(error))}`)
    if (isTimeout) {
      return failure(
        `timeout: failed to connect service ${JSON.stringify(address)} within ${within}: context deadline exceeded`,
      )
    }
    const reason = `connection error: desc = "transport: Error while dialing: ${dialErrorText(error, host, port)}"`
    return failure(`error: failed to connect service at ${JSON.stringify(address)}: ${reason}`)
  }
}

/** Rejects when the connection fails, or time is up. */
function failureOf(session: ClientHttp2Session, signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {}) // it may come when nobody waits any more
  session.on('error', reject)
  session.on('close', () => reject(new Error('connection closed')))
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

function checked(session: ClientHttp2Session, service: string): Promise<GrpcAnswer> {
  const call = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    'user-agent': PROBE_USER_AGENT,
    te: 'trailers',
  })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let headers: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    call.on('response', (received) => (headers = received))
    call.on('trailers', (received) => (trailers = received))
    call.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MOST_ANSWER_BYTES) chunks.push(chunk)
      else reject(new Error('the answer is too large'))
    })
    call.on('error', reject)
    call.on('end', () => {
      const { 'grpc-status': code, 'grpc-message': message } = { ...headers, ...trailers }
      const status = Number(headers[':status'])
      if (code === undefined) reject(new Error(`unexpected HTTP status code received from server: ${status}`))
      else
        resolve({ code: Number(code), message: decoded(String(message ?? '')), frame: Buffer.concat(chunks) })
    })
    call.end(encodeHealthRequest(service))
  })
}

function judged({ code, message, frame }: GrpcAnswer): ProbeResult {
  if (code === UNIMPLEMENTED) {
    const text = 'this server does not implement the grpc health protocol (grpc.health.v1.Health)'
    return failure(`error: ${text}: ${message}`)
  }
  if (code !== 0) return failure(`error: health rpc probe failed: ${rpcError(code, message)}`)
  const state = decodeHealthResponse(frame)
  return state === 'SERVING'
    ? { outcome: 'success', message: 'service healthy' }
    : failure(`service unhealthy (responded with ${JSON.stringify(state)})`)
}

function failure(message: string): ProbeResult {
  return { outcome: 'failure', message }
}

function rpcError(code: number, description: string): string {
  return `rpc error: code = ${CODE_NAMES[code] ?? `Code(${code})`} desc = ${description}`
}

/** gRPC's percent-encoding; a malformed one is left as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
