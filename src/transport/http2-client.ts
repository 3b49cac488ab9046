import http2, { type ClientHttp2Session } from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { withCure } from '../common/certificate-cures.ts'
import { AppError, errorMessage } from '../common/errors.ts'
import { destroySocketOnError } from './destroy-session.ts'
import { SESSION_WINDOW_BYTES, settingsWithWindow } from './http2-limits.ts'

/** Client credentials, as PEM. Leave `cert` and `key` out toward a server that asks for a token instead. */
export interface ClientTls {
  readonly ca?: string | Buffer | undefined
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
  /** The name that the server's certificate must be good for; by default the host that is dialled. */
  readonly servername?: string | undefined
  /** Offered before `h2`. */
  readonly alpnProtocols?: readonly string[] | undefined
}

export interface Http2ConnectOptions {
  /** Where to connect: a TCP endpoint or a unix socket. */
  readonly endpoint: { readonly host: string; readonly port: number } | { readonly path: string }
  /** Undefined means HTTP/2 in clear text with prior knowledge, which only a unix socket may do. */
  readonly tls: ClientTls | undefined
  /** How much the peer may have under way on one stream, in bytes. */
  readonly streamWindowBytes: number
  /** Makes the connection itself, for instance through a proxy; by default a plain one. */
  readonly connectSocket?: ((signal: AbortSignal) => Promise<net.Socket>) | undefined
  /** For TCP, TLS and ALPN together. @default 20_000 */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** After this much silence the kernel probes the peer every second, ten times: a host that is gone is noticed in about 15 s. */
const TCP_KEEPALIVE_MS = 5_000

/**
 * Opens an HTTP/2 connection and resolves once TLS and ALPN are settled.
 *
 * @throws AppError `ERR_CONNECT` that names the endpoint, or the reason of `signal`
 */
export async function connectHttp2(options: Http2ConnectOptions): Promise<ClientHttp2Session> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 20_000)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  const where = describeEndpoint(options.endpoint)
  try {
    signal.throwIfAborted()
    const socket = await openSocket(options, signal)
    return await startSession(socket, options, signal)
  } catch (cause) {
    if (options.signal?.aborted) throw options.signal.reason
    const { code } = cause as NodeJS.ErrnoException
    const message = timeout.aborted ? 'timed out' : withCure(errorMessage(cause), code)
    throw new AppError('ERR_CONNECT', `connect to ${where}: ${message}`, { cause })
  }
}

export function describeEndpoint(endpoint: Http2ConnectOptions['endpoint']): string {
  if ('path' in endpoint) return `unix:${endpoint.path}`
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`
}

async function openSocket(options: Http2ConnectOptions, signal: AbortSignal): Promise<net.Socket> {
  // Before there is a socket to look after: it throws when the credentials are no good.
  const secureContext = options.tls && tls.createSecureContext(secretsOf(options.tls))
  const raw = options.connectSocket ? await options.connectSocket(signal) : net.connect(options.endpoint)
  raw.setNoDelay(true)
  raw.setKeepAlive(true, TCP_KEEPALIVE_MS)
  if (!options.tls) {
    if (raw.connecting) await settled(raw, 'connect', signal)
    return raw
  }
  const host = 'host' in options.endpoint ? options.endpoint.host : 'localhost'
  const name = options.tls.servername ?? host
  const socket = tls.connect({
    socket: raw,
    host: name,
    ...(net.isIP(name) ? {} : { servername: name }),
    ALPNProtocols: [...(options.tls.alpnProtocols ?? []), 'h2'],
    secureContext,
  })
  try {
    await settled(socket, 'secureConnect', signal)
  } catch (error) {
    raw.destroy()
    throw error
  }
  if (!speaksHttp2(socket.alpnProtocol, options.tls.alpnProtocols)) {
    socket.destroy()
    throw new Error(`the server does not speak HTTP/2 (ALPN chose ${socket.alpnProtocol || 'nothing'})`)
  }
  return socket
}

function secretsOf({ ca, cert, key }: ClientTls): tls.SecureContextOptions {
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) }
}

/** A protocol that was offered besides h2 is a name for the same, as in grpc-go. */
function speaksHttp2(chosen: string | false | null, offered: readonly string[] = []): boolean {
  if (!chosen || chosen === 'http/1.1') return false
  return chosen === 'h2' || offered.includes(chosen)
}

function startSession(
  socket: net.Socket,
  options: Http2ConnectOptions,
  signal: AbortSignal,
): Promise<ClientHttp2Session> {
  const scheme = options.tls ? 'https' : 'http'
  const authority = 'host' in options.endpoint ? describeEndpoint(options.endpoint) : 'localhost'
  const session = http2.connect(`${scheme}://${authority}`, {
    createConnection: () => socket,
    settings: settingsWithWindow(options.streamWindowBytes),
    maxSessionMemory: 4096,
    maxOutstandingPings: 100,
    peerMaxConcurrentStreams: 2 ** 31 - 1,
  })
  const { promise, resolve, reject } = Promise.withResolvers<ClientHttp2Session>()
  const onAbort = () => session.destroy(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  session.once('error', reject)
  session.once('close', () => reject(new Error('the connection was closed')))
  session.once('connect', () => {
    destroySocketOnError(session)
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    session.removeListener('error', reject)
    session.on('error', () => {}) // what it means is told by 'close', which always follows
    resolve(session)
  })
  return promise.finally(() => signal.removeEventListener('abort', onAbort))
}

/** Waits for one event of a socket; destroys it on failure. */
async function settled(socket: net.Socket, event: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal.reason)
  const onClose = () => reject(new Error('the connection was closed'))
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once(event, resolve).once('error', reject).once('close', onClose)
  try {
    await promise
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.removeListener('error', reject).removeListener('close', onClose)
  }
}
