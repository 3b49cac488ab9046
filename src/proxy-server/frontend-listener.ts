import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import http2, { type Http2Server } from 'node:http2'
import net, { type Socket } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { type ListenAddress, listen } from '../common/listen.ts'
import type { Logger } from '../common/log.ts'
import { http } from '../common/node-http.ts'
import {
  SERVER_LIMITS,
  type ServerCall,
  ServerSessions,
  STREAM_WINDOW_BYTES,
  settingsWithWindow,
} from '../transport/index.ts'
import { FRONTEND_PROXY_PATH, GRPC_STATUS } from '../wire/index.ts'
import { type ListenerTls, secureOptions } from './agent-listener.ts'
import { ConnectFrontend } from './connect-frontend.ts'
import type { Dialer } from './dialer.ts'
import { GrpcFrontend } from './grpc-frontend.ts'
import { logFailedHandshakes } from './handshake-log.ts'
import type { ProxyServerMetrics } from './metrics.ts'
import type { FrontendMode } from './options.ts'
import { RawSockets } from './raw-sockets.ts'
import { SocketFile } from './socket-file.ts'

/** Where frontends connect: a port, or a unix socket. */
export type FrontendAddress = ListenAddress | { readonly path: string }

export interface FrontendListenerOptions {
  readonly address: FrontendAddress
  readonly modes: readonly FrontendMode[]
  readonly keepaliveMs: number
  readonly keepaliveTimeoutMs: number
  /** Remove a socket file that an earlier process has left behind. */
  readonly deleteExistingSocket: boolean
}

interface FrontendListenerComponents {
  readonly log: Logger
  readonly metrics: ProxyServerMetrics
  readonly dialer: Dialer
  /** Undefined on a unix socket, whose permissions say who may dial. */
  readonly tls: ListenerTls | undefined
}

/** A CONNECT client whose host is gone says nothing; the kernel asks after it, as Go's would. */
const TCP_KEEPALIVE = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 } as const
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0')
/** How long a client may take from its connection's beginning to the end of its request's head, in ms. */
const REQUEST_TIMEOUT_MS = 60_000
/** How long a request's head may be, in bytes; Node's own 16 KiB are less than some tokens and cookies need. */
const MAX_HEAD_BYTES = 64 * 1024
/** How long a client on a unix socket may take to show which protocol it speaks, in ms. */
const FIRST_BYTES_TIMEOUT_MS = 20_000

/** Accepts frontends, gRPC and HTTP CONNECT on one port or either alone, and tells them apart. */
export class FrontendListener {
  readonly #components: FrontendListenerComponents
  readonly #options: FrontendListenerOptions
  readonly #listener: net.Server
  readonly #http2: Http2Server
  readonly #http1: Server
  readonly #sessions: ServerSessions
  readonly #rawSockets = new RawSockets()
  /** What was accepted, each with the timer that ends it unless a request comes. */
  readonly #sockets = new Map<Socket, NodeJS.Timeout>()
  #socketFile: SocketFile | undefined
  #accepting = true
  #frontends = 0
  #onAllGone: (() => void) | undefined

  constructor(components: FrontendListenerComponents, options: FrontendListenerOptions) {
    this.#components = components
    this.#options = options
    this.#http2 = http2.createServer({ ...SERVER_LIMITS, settings: settingsWithWindow(STREAM_WINDOW_BYTES) })
    this.#sessions = new ServerSessions(components.log, {
      path: FRONTEND_PROXY_PATH,
      keepaliveMs: options.keepaliveMs,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs,
      onCall: (call) => this.#handleCall(call),
    })
    this.#sessions.attach(this.#http2)
    this.#http1 = http.createServer({ maxHeaderSize: MAX_HEAD_BYTES }, refuseMethod)
    this.#http1.on('clientError', (error, socket) => refuseUnreadable(error, socket as Socket))
    this.#http1.on('connect', (request, socket, head) => this.#handleConnect(request, socket as Socket, head))
    this.#listener = components.tls ? this.#createTlsListener(components.tls) : this.#createPlainListener()
    this.#listener.on('connection', (socket) => this.#track(socket))
  }

  async start(): Promise<void> {
    const { address, deleteExistingSocket } = this.#options
    if ('path' in address) {
      this.#socketFile = new SocketFile(this.#components.log, { path: address.path, deleteExistingSocket })
      await this.#socketFile.listen(this.#listener)
    } else {
      await listen(this.#listener, address)
    }
  }

  get port(): number {
    return (this.#listener.address() as net.AddressInfo).port
  }

  /** New handshakes use the new material; existing connections stay. */
  replaceTls(material: ListenerTls): void {
    if (this.#listener instanceof tls.Server) this.#listener.setSecureContext(secureOptions(material))
  }

  /** No new connections, and no new dials on the ones that there are. */
  stopAccepting(): void {
    this.#accepting = false
    if (this.#socketFile) this.#socketFile.close(this.#listener)
    else this.#listener.close()
  }

  /** Resolves once no frontend is left of those that have begun something. */
  async allGone(): Promise<void> {
    if (this.#frontends === 0) return
    await new Promise<void>((resolve) => {
      this.#onAllGone = resolve
    })
  }

  stop(): void {
    this.stopAccepting()
    this.#sessions.destroyAll()
    this.#http1.close()
    for (const socket of this.#sockets.keys()) socket.destroy()
  }

  #createTlsListener(material: ListenerTls): net.Server {
    const { modes } = this.#options
    const server = tls.createServer({
      ...secureOptions(material),
      // The first that a client offers too is taken: Go's http.Transport offers both to a proxy and then speaks HTTP/1.1.
      ALPNProtocols: [
        ...(modes.includes('http-connect') ? ['http/1.1'] : []),
        ...(modes.includes('grpc') ? ['h2'] : []),
      ],
      allowHalfOpen: true,
      ...TCP_KEEPALIVE,
    })
    this.#rawSockets.watch(server)
    server.on('secureConnection', (socket) => this.#routeByAlpn(socket))
    logFailedHandshakes(this.#components.log, server)
    return server
  }

  #routeByAlpn(socket: TLSSocket): void {
    const { log } = this.#components
    log.debug({ peer: socket.remoteAddress, protocol: socket.alpnProtocol }, 'frontend connected')
    if (socket.alpnProtocol === 'h2') {
      this.#serveHttp2(socket)
    } else if (this.#options.modes.includes('http-connect')) {
      this.#serveHttp1(socket)
    } else {
      log.warn({ peer: socket.remoteAddress }, 'frontend does not speak HTTP/2')
      socket.destroy()
    }
  }

  #createPlainListener(): net.Server {
    const { modes } = this.#options
    return net.createServer({ allowHalfOpen: true }, (socket) => {
      if (modes.length > 1) this.#routeByPreface(socket)
      else if (modes.includes('grpc')) this.#serveHttp2(socket)
      else this.#serveHttp1(socket)
    })
  }

  /** Only HTTP CONNECT knows half-open connections; an HTTP/2 session would not notice that its client has gone. */
  #serveHttp2(socket: Socket): void {
    this.#liftDeadline(socket)
    socket.allowHalfOpen = false
    this.#http2.emit('connection', socket)
  }

  #serveHttp1(socket: Socket): void {
    this.#http1.emit('connection', socket)
  }

  /** There is no ALPN on a unix socket, but HTTP/2 begins with a line that no HTTP/1 request begins with. */
  #routeByPreface(socket: Socket): void {
    let seen = Buffer.alloc(0)
    const onTimeout = () => socket.destroy()
    const onError = () => {} // 'close' follows, and nothing has begun
    const onEnd = () => socket.end()
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk])
      const compared = Math.min(seen.length, HTTP2_PREFACE.length)
      const looksLikeHttp2 = seen.subarray(0, compared).equals(HTTP2_PREFACE.subarray(0, compared))
      if (looksLikeHttp2 && compared < HTTP2_PREFACE.length) return
      socket
        .removeListener('data', onData)
        .removeListener('timeout', onTimeout)
        .removeListener('error', onError)
        .removeListener('end', onEnd)
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(seen)
      if (looksLikeHttp2) {
        this.#serveHttp2(socket)
      } else {
        this.#serveHttp1(socket)
        socket.resume()
      }
    }
    socket.setTimeout(FIRST_BYTES_TIMEOUT_MS, onTimeout)
    socket.on('error', onError)
    socket.on('data', onData)
    socket.on('end', onEnd)
  }

  #handleCall(call: ServerCall): void {
    const { log, metrics, dialer } = this.#components
    if (!this.#accepting) {
      call.finish(GRPC_STATUS.UNAVAILABLE, 'the proxy server is shutting down')
      return
    }
    metrics.grpcConnections.inc({ service_method: 'Proxy' })
    const onEnded = this.#count(() => metrics.grpcConnections.dec({ service_method: 'Proxy' }))
    new GrpcFrontend({ log, metrics, dialer, call }, { onEnded }).start()
  }

  #handleConnect(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { metrics, dialer } = this.#components
    if (!this.#accepting) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
      return
    }
    this.#liftDeadline(socket)
    metrics.httpConnections.inc()
    new ConnectFrontend(socket, {
      reset: () => this.#rawSockets.reset(socket),
      onEnded: this.#count(() => metrics.httpConnections.dec()),
    }).start(dialer, request.url ?? '', head)
  }

  /** Counts a frontend until the returned function is called. */
  #count(onEnded: () => void): () => void {
    this.#frontends++
    return () => {
      onEnded()
      if (--this.#frontends === 0) this.#onAllGone?.()
    }
  }

  #track(socket: Socket): void {
    // An http.Server that does not listen itself enforces none of its timeouts; and one for silence a slow trickle evades.
    const deadline = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS)
    this.#sockets.set(socket, deadline)
    socket.once('close', () => {
      clearTimeout(deadline)
      this.#sockets.delete(socket)
    })
  }

  #liftDeadline(socket: Socket): void {
    clearTimeout(this.#sockets.get(this.#rawSockets.under(socket)))
  }
}

const METHOD_REFUSED = 'this proxy only supports CONNECT passthrough\n'
const METHOD_REFUSED_HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Length': METHOD_REFUSED.length,
  'X-Content-Type-Options': 'nosniff',
  Connection: 'close',
}
/** Sockets with their answer under way already. What may still come on them is part of what was refused. */
const refused = new WeakSet<Socket>()

function refuseMethod(request: IncomingMessage, response: ServerResponse): void {
  refused.add(request.socket)
  response.writeHead(405, METHOD_REFUSED_HEADERS)
  response.end(METHOD_REFUSED)
}

/** Answers what Node's parser does not take for a request; a method that it does not know is as good as GET. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    if (!socket.writableEnded) socket.destroy()
    return
  }
  if (refused.has(socket)) return
  refused.add(socket)
  if (error.code === 'HPE_INVALID_METHOD') {
    socket.end(responseText(405, METHOD_REFUSED_HEADERS, METHOD_REFUSED))
  } else {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
    socket.end(responseText(status, { 'Content-Length': 0, Connection: 'close' }))
  }
}

function responseText(status: number, headers: Readonly<Record<string, string | number>>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}
