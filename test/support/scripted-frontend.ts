import { randomBytes } from 'node:crypto'
import http2, { type ClientHttp2Session } from 'node:http2'
import net, { type Socket } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { type ConnectId, FRONTEND_PROXY_PATH } from '../../src/wire/index.ts'
import { GrpcPeer } from './grpc-peer.ts'
import type { TestPki } from './test-pki.ts'

/** Where a proxy server takes frontends. */
export type FrontendEndpoint = { readonly port: number; readonly pki: TestPki } | { readonly path: string }

export interface ScriptedStreamOptions {
  /** Announce our extensions; otherwise a client like Go's. @default false */
  readonly extensions?: boolean
  readonly metadata?: Readonly<Record<string, string | string[]>>
}

/** A gRPC frontend's HTTP/2 session, on which it opens a stream per dial. */
export class ScriptedFrontend {
  readonly session: ClientHttp2Session
  goneAway = false

  static connect(endpoint: FrontendEndpoint, windowBytes = 256 * 1024): ScriptedFrontend {
    const settings = { initialWindowSize: windowBytes }
    const limits = { settings, maxOutstandingPings: 100, maxSessionMemory: 1000 }
    if ('path' in endpoint) {
      // As grpc-go since 1.57 has it: the socket's path, percent-encoded.
      const authority = `http://${encodeURIComponent(endpoint.path)}`
      return new ScriptedFrontend(
        http2.connect('http://localhost', {
          ...limits,
          createConnection: () => net.connect(endpoint.path),
        }),
        authority,
      )
    }
    return new ScriptedFrontend(
      http2.connect(`https://127.0.0.1:${endpoint.port}`, { ...limits, ...frontendTls(endpoint.pki) }),
    )
  }

  readonly #authority: string | undefined

  constructor(session: ClientHttp2Session, authority?: string) {
    this.session = session
    this.#authority = authority?.replace('http://', '')
    session.on('error', () => {})
    session.on('goaway', () => {
      this.goneAway = true
    })
    session.once('connect', () => session.setLocalWindowSize(16 * 1024 * 1024))
  }

  open(options: ScriptedStreamOptions = {}): ScriptedStream {
    return new ScriptedStream(this.session, {
      ...(this.#authority === undefined ? {} : { ':authority': this.#authority }),
      ...(options.extensions ? { 'cluster-proxy-extensions': '1' } : {}),
      ...options.metadata,
    })
  }

  close(): void {
    this.session.destroy()
  }
}

/** One gRPC stream of a frontend. */
export class ScriptedStream extends GrpcPeer {
  readonly random: bigint = randomBytes(8).readBigInt64BE() & 0x7fff_ffff_ffff_ffffn

  constructor(session: ClientHttp2Session, metadata: Readonly<Record<string, string | string[]>>) {
    super(session, FRONTEND_PROXY_PATH, metadata)
  }

  sendDial(address = 'target.example:443'): void {
    this.send({ type: 'DIAL_REQ', protocol: 'tcp', address, random: this.random })
  }

  /** Dials, and waits for the connect ID. */
  async dial(address?: string): Promise<ConnectId> {
    this.sendDial(address)
    const { error, connectId } = await this.next('DIAL_RSP')
    if (error !== '') throw new Error(error)
    return connectId
  }
}

/** A frontend that speaks HTTP CONNECT, on the socket itself. */
export class ConnectClient {
  readonly socket: Socket
  /** Resolves with the error's code when the connection was broken off, undefined when it ended in order. */
  readonly closed: Promise<string | undefined>
  /** Resolves when the server has ended its side; rejects when it never will. */
  readonly ended: Promise<void>
  #received: Buffer[] = []
  #head: string | undefined
  #onData = () => {}

  /** Opens a connection, and says nothing yet. */
  static async open(endpoint: FrontendEndpoint, alpn: string[] = ['http/1.1']): Promise<ConnectClient> {
    if ('path' in endpoint) {
      const socket = net.connect({ path: endpoint.path, allowHalfOpen: true })
      await opened(socket, 'connect')
      return new ConnectClient(socket, socket)
    }
    const raw = net.connect({ host: '127.0.0.1', port: endpoint.port, allowHalfOpen: true })
    const socket = tls.connect({
      socket: raw,
      ...frontendTls(endpoint.pki),
      ALPNProtocols: alpn,
    })
    await opened(socket, 'secureConnect')
    return new ConnectClient(socket, raw)
  }

  /** Opens a connection and asks for `target`; `pipelined` goes out right behind the request's head. */
  static async request(
    endpoint: FrontendEndpoint,
    target = 'target.example:443',
    pipelined = '',
  ): Promise<ConnectClient> {
    const client = await ConnectClient.open(endpoint)
    client.socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${pipelined}`)
    return client
  }

  readonly #raw: Socket

  constructor(socket: Socket, raw: Socket) {
    this.socket = socket
    this.#raw = raw
    let code: string | undefined
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code
    })
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(code)))
    this.ended = new Promise((resolve, reject) => {
      socket.once('end', resolve)
      socket.once('close', () => reject(new Error(`closed without an end (${code})`)))
    })
    this.ended.catch(() => {})
    socket.on('data', (chunk) => {
      this.#received.push(chunk)
      this.#onData()
    })
  }

  get alpnProtocol(): string | false | null | undefined {
    return (this.socket as TLSSocket).alpnProtocol
  }

  /** Everything that came, the head included. */
  get received(): string {
    return this.#bytes().toString('latin1')
  }

  /** What came behind the head. */
  get body(): Buffer {
    const bytes = this.#bytes()
    const end = bytes.indexOf('\r\n\r\n')
    return end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4)
  }

  get bodyLength(): number {
    const total = this.#received.reduce((sum, chunk) => sum + chunk.length, 0)
    return total - (this.#head?.length ?? 0)
  }

  /** The answer's head, with its empty line. */
  async head(): Promise<string> {
    if (this.#head !== undefined) return this.#head
    const head = () => /^[\s\S]*?\r\n\r\n/.exec(this.received)?.[0]
    await this.#until(() => head() !== undefined)
    this.#head = head() as string
    return this.#head
  }

  /** Waits until so many bytes have come behind the head. */
  async bodyOf(length: number): Promise<Buffer> {
    await this.head()
    await this.#until(() => this.bodyLength >= length)
    return this.body
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Ends the TCP connection with a RST. */
  reset(): void {
    this.#raw.resetAndDestroy()
  }

  #until(met: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (met()) resolve()
      }
      this.#onData = check
      this.socket.once('close', () => {
        check()
        reject(
          new Error(`the connection ended first, having said ${JSON.stringify(this.received.slice(0, 200))}`),
        )
      })
      check()
    })
  }

  #bytes(): Buffer {
    const bytes = Buffer.concat(this.#received)
    this.#received = [bytes]
    return bytes
  }
}

export function frontendTls(pki: TestPki): { ca: string; cert: string; key: string } {
  return { ca: pki.frontendCa.caPem, cert: pki.frontendClient.certPem, key: pki.frontendClient.keyPem }
}

function opened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => {
      socket.removeListener('error', reject)
      resolve()
    })
    socket.once('error', reject)
  })
}
