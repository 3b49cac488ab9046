import type { IncomingMessage } from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { type ListenAddress, listen } from '../../common/listen.ts'
import type { Logger } from '../../common/log.ts'
import { http } from '../../common/node-http.ts'
import { requestInfo } from '../api/request-info.ts'
import { badRequest, StatusError } from '../api/status.ts'
import type { BodyFormat } from '../codec/index.ts'
import { negotiateAny } from './accept.ts'
import { type Answer, statusAnswer, type UpgradeAnswer } from './answer.ts'
import { asStatus } from './as-status.ts'
import { CLIENT_GONE } from './client-gone.ts'
import { endUpload } from './end-upload.ts'
import { FailureLog } from './failure-log.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { isUpgrade } from './is-upgrade.ts'
import { peerCertificate } from './peer-certificate.ts'
import { readBody } from './read-body.ts'
import { commonHeaders, type Response, writeAnswer } from './write-answer.ts'

/** Answers a request; what it throws that is no StatusError is a fault of ours. */
export type Handler = (request: IncomingRequest) => Promise<Answer | UpgradeAnswer>

export interface ApiListenerComponents {
  readonly log: Logger
  readonly handle: Handler
}

/** PEM. */
export interface ServingCertificate {
  readonly cert: string
  readonly key: string
}

export interface ApiListenerOptions extends ListenAddress {
  readonly certificate: ServingCertificate
  /** Those of clients are verified against it by whoever authenticates; it is what they are told to choose by. PEM. */
  readonly clientCa: string
  /** How long all of a body may take. @default a minute */
  readonly bodyTimeoutMs?: number
}

/** On one connection at once: as k8s.io/apiserver, which allows what Go's clients begin with. */
const MAX_STREAMS = 100
const MAX_HEADER_BYTES = 64 * 1024
/** Clients end their watches by resets. Ten times as many as a connection can have, and some in each second, are no ordinary client's. */
const RESETS = { streamResetBurst: 1_000, streamResetRate: 200 }
/** Node takes them for both protocols; its types do not. */
const HTTP1 = { maxHeaderSize: MAX_HEADER_BYTES, shouldUpgradeCallback: isUpgrade }
const HEADERS_TIMEOUT_MS = 30_000
/** A body may take its time, but not for ever. */
const REQUEST_TIMEOUT_MS = 60_000
const HANDSHAKE_TIMEOUT_MS = 10_000
/** Of connections that have become something else, which may be silent for long. */
const KEEP_ALIVE_MS = 30_000
const IDLE_TIMEOUT_MS = 3 * 60_000

/** Errors are said in whatever a client understands, JSON when it does not say. */
const ERROR_FORMATS: readonly BodyFormat[] = ['json', 'yaml', 'protobuf']

type AnyRequest = IncomingMessage | Http2ServerRequest

/** What an upgrade takes over. */
interface RawConnection {
  readonly socket: Socket
  readonly head: Buffer
}

/** Serves HTTP/2 and HTTP/1.1 over TLS, and asks clients for a certificate. Owns its connections. */
export class ApiListener {
  readonly #log: Logger
  readonly #failures: FailureLog
  readonly #handle: Handler
  readonly #options: ApiListenerOptions
  readonly #server: Http2SecureServer
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #requests = new Set<Response>()
  readonly #stopping = new AbortController()

  constructor({ log, handle }: ApiListenerComponents, options: ApiListenerOptions) {
    this.#log = log
    this.#failures = new FailureLog(log)
    this.#handle = handle
    this.#options = options
    this.#server = createSecureServer({
      ...options.certificate,
      ...RESETS,
      ...HTTP1,
      ca: options.clientCa,
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES, enablePush: false },
      maxSessionMemory: 256,
    })
    Object.assign(this.#server, {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
    })
    this.#server.on('request', (request, response) => this.#begin(request, response))
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#beginUpgrade(request, socket, head),
    )
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket.setNoDelay())
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('session', (session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      session.on('error', (err) => this.#log.debug({ err }, 'connection failed'))
    })
    this.#server.on('tlsClientError', (err) => this.#log.debug({ err }, 'TLS handshake failed'))
    this.#server.on('sessionError', (err) => this.#log.debug({ err }, 'connection failed'))
  }

  /** Rejects with a ListenError when the port is not to be had. */
  async start(): Promise<void> {
    await listen(this.#server, this.#options)
  }

  /** The port in use, also when 0 was asked for. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port
  }

  /** New connections get this one. */
  useCertificate(certificate: ServingCertificate): void {
    const options = { ...certificate, ca: this.#options.clientCa, minVersion: 'TLSv1.2' } as const
    this.#server.setSecureContext(options)
  }

  /** Ends watches, waits for the other requests up to `graceMs`, and closes all connections. */
  async stop(graceMs: number): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#stopping.abort()
    for (const session of this.#sessions) session.close()
    const deadline = AbortSignal.timeout(graceMs)
    await Promise.race([
      Promise.all([...this.#requests].map(finished)),
      new Promise((resolve) => deadline.addEventListener('abort', resolve, { once: true })),
    ])
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** A request of HTTP/2 that its client breaks off in the same breath costs next to nothing. */
  #begin(request: AnyRequest, response: Response): void {
    if (!('stream' in request)) void this.#answer(request, response)
    else
      setImmediate(() => {
        if (!request.stream.closed) void this.#answer(request, response)
      })
  }

  /** Its answer may be any, as long as nobody has taken the connection over. */
  #beginUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const response = new http.ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    socket.setTimeout(0).setKeepAlive(true, KEEP_ALIVE_MS)
    socket.on('error', (err) => this.#log.debug({ err }, 'connection failed'))
    response.once('finish', () => socket.end(() => socket.destroy()))
    void this.#answer(request, response, { socket, head })
  }

  async #answer(request: AnyRequest, response: Response, raw?: RawConnection): Promise<void> {
    const gone = new AbortController()
    this.#requests.add(response)
    response.once('close', () => {
      gone.abort(CLIENT_GONE)
      this.#requests.delete(response)
    })
    response.on('error', () => response.destroy()) // the client has gone, which `close` tells
    const warnings: string[] = []
    const { method = '', headers } = request
    const send = (answer: Answer): Promise<void> => {
      const beforeEnd = 'stream' in answer ? undefined : endUpload(request, response)
      return writeAnswer(response, answer, { method, headers, warnings, signal: gone.signal, beforeEnd })
    }
    try {
      const incoming = this.#incoming(request, gone.signal, warnings)
      const answer = await this.#handle(incoming)
      if ('upgrade' in answer) {
        if (!raw) throw badRequest('Upgrade request required')
        this.#upgrade(answer, request as IncomingMessage, raw, warnings)
      } else {
        raw?.socket.resume() // else nobody sees that the client has gone
        await send(this.#stoppable(answer, response))
      }
    } catch (error) {
      const status = asStatus(error)
      if (status.reason === 'InternalError') this.#failures.failed(error, { method, url: request.url })
      if (response.headersSent) response.destroy()
      else await send(statusAnswer(status, negotiateAny(headers.accept, ERROR_FORMATS)))
    }
  }

  #upgrade(
    { upgrade }: UpgradeAnswer,
    request: IncomingMessage,
    { socket, head }: RawConnection,
    warnings: readonly string[],
  ): void {
    if (socket.destroyed) return
    const end = () => void socket.destroy()
    this.#stopping.signal.addEventListener('abort', end, { once: true })
    socket.once('close', () => this.#stopping.signal.removeEventListener('abort', end))
    upgrade({ request, socket, head, headers: commonHeaders(undefined, { warnings }) })
  }

  #incoming(request: AnyRequest, signal: AbortSignal, warnings: string[]): IncomingRequest {
    const { method = '' } = request
    const url = parseTarget(request.url ?? '/')
    return {
      method,
      url,
      info: requestInfo(method, url),
      headers: request.headers,
      get headerValues() {
        return valuesOf(request.rawHeaders)
      },
      get certificate() {
        return peerCertificate(request)
      },
      signal,
      readBody: () =>
        readBody(request as Readable, request.headers['content-length'], this.#options.bodyTimeoutMs),
      // What is tried again, since somebody else was faster, warns again.
      warn: (message) => {
        if (!warnings.includes(message)) warnings.push(message)
      },
    }
  }

  /** A watch has no end of its own when the server stops. */
  #stoppable(answer: Answer, response: Response): Answer {
    if (!('stream' in answer)) return answer
    const end = () => void response.end()
    if (this.#stopping.signal.aborted) return { ...answer, stream: end }
    this.#stopping.signal.addEventListener('abort', end, { once: true })
    response.once('close', () => this.#stopping.signal.removeEventListener('abort', end))
    return answer
  }
}

/** @throws StatusError BadRequest */
function parseTarget(target: string): URL {
  const path = target.startsWith('/') ? target : `/${target}`
  // Not relative to a base: `//host/path` would be another host.
  const url = URL.parse(`http://apiserver${path}`)
  if (url) return url
  throw new StatusError('BadRequest', `the request's target ${JSON.stringify(target)} is no path`)
}

function valuesOf(rawHeaders: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null)
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase()
    values[name] ??= []
    values[name].push(rawHeaders[index + 1] as string)
  }
  return values
}

function finished(response: Response): Promise<void> {
  return new Promise((resolve) => void response.once('close', () => resolve()))
}
