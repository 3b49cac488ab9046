import { once } from 'node:events'
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import type { MessageStreamHandler, StreamEnd } from '../../src/transport/index.ts'
import type { ProtocolError } from '../../src/wire/index.ts'
import { createTestPki } from '../support/test-pki.ts'

/** Two real HTTP/2 sessions on 127.0.0.1 that are connected with one another. */
export class Http2Pair {
  readonly client: ClientHttp2Session
  readonly server: ServerHttp2Session
  /** The TCP sockets at either end, to break. */
  readonly clientSocket: net.Socket
  readonly serverSocket: net.Socket
  readonly #listener: Http2Server

  private constructor(
    client: ClientHttp2Session,
    server: ServerHttp2Session,
    sockets: { client: net.Socket; server: net.Socket },
    listener: Http2Server,
  ) {
    this.client = client
    this.server = server
    this.clientSocket = sockets.client
    this.serverSocket = sockets.server
    this.#listener = listener
  }

  static async open(kind: 'plaintext' | 'tls' = 'plaintext'): Promise<Http2Pair> {
    const pki = kind === 'tls' ? (await createTestPki()).agentServer : undefined
    const listener = pki
      ? http2.createSecureServer({ cert: pki.certPem, key: pki.keyPem })
      : http2.createServer()
    listener.on('sessionError', () => {})
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as net.AddressInfo
    const clientSocket = net.connect(port, '127.0.0.1')
    const socket = pki
      ? tls.connect({ socket: clientSocket, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
      : clientSocket
    const client = http2.connect(`${pki ? 'https' : 'http'}://127.0.0.1:${port}`, {
      createConnection: () => socket,
    })
    client.on('error', () => {})
    const [[serverSocket], [server]] = await Promise.all([
      once(listener, 'connection') as Promise<[net.Socket]>,
      once(listener, 'session') as Promise<[ServerHttp2Session]>,
      once(client, 'remoteSettings'),
    ])
    return new Http2Pair(
      client,
      server,
      { client: clientSocket, server: serverSocket },
      listener as Http2Server,
    )
  }

  /** Both ends of a new stream; the server has answered unless `respond` is false. */
  async openStream({ respond = true } = {}): Promise<{ near: ClientHttp2Stream; far: ServerHttp2Stream }> {
    const near = this.client.request({
      ':method': 'POST',
      ':path': '/test',
      'content-type': 'application/grpc',
    })
    const [far] = (await once(this.server, 'stream')) as [ServerHttp2Stream]
    if (respond) {
      far.respond({ ':status': 200 }, { waitForTrailers: true })
      far.once('wantTrailers', () => far.sendTrailers({ 'grpc-status': '0' }))
      await once(near, 'response')
    }
    return { near, far }
  }

  close(): void {
    this.clientSocket.destroy()
    this.serverSocket.destroy()
    this.#listener.close()
  }
}

/** Writes down what a message stream reports, in order. */
export class RecordingHandler implements MessageStreamHandler {
  readonly events: string[] = []
  readonly messages: Buffer[][] = []
  readonly protocolErrors: ProtocolError[] = []
  readonly #closed = Promise.withResolvers<StreamEnd>()
  readonly #peerEnd = Promise.withResolvers<void>()
  readonly #protocolError = Promise.withResolvers<ProtocolError>()
  readonly #waiters: { count: number; resolve: () => void }[] = []

  /** What `onClose` was told. */
  get closed(): Promise<StreamEnd> {
    return this.#closed.promise
  }

  get peerEnd(): Promise<void> {
    return this.#peerEnd.promise
  }

  get protocolError(): Promise<ProtocolError> {
    return this.#protocolError.promise
  }

  /** All messages so far, each in one piece. */
  get contents(): Buffer[] {
    return this.messages.map((pieces) => Buffer.concat(pieces))
  }

  async received(count: number): Promise<void> {
    if (this.messages.length >= count) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.push({ count, resolve })
    await promise
  }

  onMessage(message: readonly Buffer[]): void {
    this.events.push('message')
    this.messages.push([...message])
    for (const { count, resolve } of this.#waiters) if (this.messages.length >= count) resolve()
  }

  onPeerEnd(): void {
    this.events.push('peer end')
    this.#peerEnd.resolve()
  }

  onProtocolError(error: ProtocolError): void {
    this.events.push('protocol error')
    this.protocolErrors.push(error)
    this.#protocolError.resolve(error)
  }

  onClose(end: StreamEnd): void {
    this.events.push('close')
    this.#closed.resolve(end)
  }
}

/** A message with gRPC's prefix. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
