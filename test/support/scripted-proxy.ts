import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http2, { type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import net, { type AddressInfo, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { SERVER_LIMITS, type StreamEnd, settingsWithWindow, toSegment } from '../../src/transport/index.ts'
import { ServerCall } from '../../src/transport/server-call.ts'
import {
  type ConnectId,
  type ControlPacket,
  decodePacket,
  EXTENSIONS_HEADER,
  MAX_DATA_BYTES,
  type Packet,
  type ProtocolError,
} from '../../src/wire/index.ts'
import { createTestPki } from './test-pki.ts'

type PacketOf<Type extends Packet['type']> = Extract<Packet, { type: Type }>

export interface ScriptedProxyOptions {
  /** Listen on a unix socket, in clear text. @default a port of 127.0.0.1, with mTLS */
  readonly unix?: boolean
  /** The version of the extensions that the server speaks; undefined is a server like Go's. */
  readonly extensions?: number
  /** What the server takes of a stream before it was read. @default 256 KiB */
  readonly windowBytes?: number
}

/** A proxy server that says to frontends what a test tells it to. Without further ado it answers nothing. */
export class ScriptedProxy {
  readonly options: ScriptedProxyOptions
  /** The streams that are open, oldest first. */
  readonly streams = new Set<FrontendStream>()
  readonly sessions = new Set<ServerHttp2Session>()
  /** How many connections were ever accepted. */
  accepted = 0
  /** Called with each new stream, instead of `nextStream`. */
  onStream: ((stream: FrontendStream) => void) | undefined
  readonly #server: Http2Server
  /** The TCP connections or unix sockets under the sessions. */
  readonly sockets = new Set<Socket>()
  readonly #directory: string | undefined
  #where: AddressInfo | string | null = null
  #unclaimed: FrontendStream[] = []
  #waiters: ((stream: FrontendStream) => void)[] = []

  static async start(options: ScriptedProxyOptions = {}): Promise<ScriptedProxy> {
    const { frontendServer, frontendCa } = await createTestPki()
    const settings = settingsWithWindow(options.windowBytes ?? 256 * 1024)
    const server = options.unix
      ? http2.createServer({ ...SERVER_LIMITS, settings })
      : http2.createSecureServer({
          ...SERVER_LIMITS,
          settings,
          cert: frontendServer.certPem,
          key: frontendServer.keyPem,
          ca: frontendCa.caPem,
          requestCert: true,
          rejectUnauthorized: true,
        })
    const proxy = new ScriptedProxy(server as Http2Server, options)
    await proxy.listen()
    return proxy
  }

  constructor(server: Http2Server, options: ScriptedProxyOptions) {
    this.#server = server
    this.options = options
    this.#directory = options.unix ? mkdtempSync(path.join(os.tmpdir(), 'proxy-')) : undefined
    server.on('connection', (socket: Socket) => {
      this.accepted++
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
    server.on('session', (session) => {
      this.sessions.add(session)
      session.setLocalWindowSize(16 * 1024 * 1024)
      session.on('error', () => {})
      session.once('close', () => this.sessions.delete(session))
    })
    server.on('sessionError', () => {})
    server.on('stream', (stream, headers, _flags, rawHeaders) => {
      this.#adopt(new FrontendStream(this, stream, new ServerCall(stream, headers, rawHeaders)))
    })
  }

  /** Waits for connections, at the same place as before when it had one. */
  async listen(): Promise<void> {
    const port = (this.#where as AddressInfo | null)?.port ?? 0
    const socketPath = this.#directory && path.join(this.#directory, 'socket')
    this.#server.listen(socketPath ? { path: socketPath } : { host: '127.0.0.1', port })
    await once(this.#server, 'listening')
    this.#where = this.#server.address()
  }

  /** What to give to a tunnel. */
  get address(): string {
    const where = this.#where
    return typeof where === 'string' ? `unix://${where}` : `127.0.0.1:${where?.port}`
  }

  /** The next stream that no earlier call has had. */
  nextStream(): Promise<FrontendStream> {
    const stream = this.#unclaimed.shift()
    return stream ? Promise.resolve(stream) : new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** Says goodbye in order: no new streams. */
  goAway(): void {
    for (const session of this.sessions) session.goaway()
  }

  /** Ends all connections without a word. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** Stops listening and ends all connections; `listen` starts again. */
  async stop(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.#server.close()
    this.dropConnections()
    await closed
  }

  async close(): Promise<void> {
    await this.stop()
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true })
  }

  #adopt(stream: FrontendStream): void {
    this.streams.add(stream)
    stream.ended.then(() => this.streams.delete(stream))
    const waiter = this.#waiters.shift()
    if (this.onStream) this.onStream(stream)
    else if (waiter) waiter(stream)
    else this.#unclaimed.push(stream)
  }
}

/** A frontend's stream, as the server has it in its hands. */
export class FrontendStream {
  readonly stream: ServerHttp2Stream
  readonly call: ServerCall
  readonly ended: Promise<StreamEnd>
  /** The frontend has ended its side in order. */
  readonly peerEnded: Promise<void>
  readonly packets: Packet[] = []
  /** Called with each packet as it comes, before any `next`. */
  onPacket: (packet: Packet) => void = () => {}
  /** Ends our side as soon as the frontend has ended its own, as servers do. */
  endsWithPeer = true
  readonly #proxy: ScriptedProxy
  readonly #ended = Promise.withResolvers<StreamEnd>()
  readonly #peerEnded = Promise.withResolvers<void>()
  #unread: Packet[] = []
  #waiters: { type: string; resolve(packet: Packet): void; reject(error: Error): void }[] = []

  constructor(proxy: ScriptedProxy, stream: ServerHttp2Stream, call: ServerCall) {
    this.#proxy = proxy
    this.stream = stream
    this.call = call
    this.ended = this.#ended.promise
    this.peerEnded = this.#peerEnded.promise
    call.messages.start({
      onMessage: (message) => this.#accept(decodePacket(message)),
      onPeerEnd: () => {
        this.#peerEnded.resolve()
        if (this.endsWithPeer) this.finish()
      },
      onProtocolError: (error: ProtocolError) => this.finish(error.grpcStatus, error.message),
      onClose: (end) => {
        for (const { reject } of this.#waiters.splice(0)) reject(new Error('the stream was closed'))
        this.#ended.resolve(end)
      },
    })
  }

  /** The version of the extensions that the server announces to this frontend. */
  get version(): number {
    return this.call.headers[EXTENSIONS_HEADER] === undefined ? 0 : (this.#proxy.options.extensions ?? 0)
  }

  /** The bytes that came until now. */
  get received(): Buffer {
    return Buffer.concat(this.packets.flatMap((packet) => (packet.type === 'DATA' ? packet.chunks : [])))
  }

  types(): string[] {
    return this.packets.map((packet) => packet.type)
  }

  /** The next packet of that type which no earlier call has had. */
  next<Type extends Packet['type']>(type: Type): Promise<PacketOf<Type>> {
    const index = this.#unread.findIndex((packet) => packet.type === type)
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0] as PacketOf<Type>)
    return new Promise<Packet>((resolve, reject) => {
      this.#waiters.push({ type, resolve, reject })
    }) as Promise<PacketOf<Type>>
  }

  /** Sends our metadata: with an announcement, if this server and this frontend speak the extensions. */
  respond(): void {
    this.call.respond(this.version > 0 ? { [EXTENSIONS_HEADER]: String(this.version) } : {})
  }

  send(packet: ControlPacket): void {
    this.respond()
    this.call.messages.sendControl(packet)
  }

  sendData(connectId: ConnectId, bytes: Buffer | string): void {
    const data = Buffer.from(bytes)
    for (let at = 0; at < data.length; at += MAX_DATA_BYTES) {
      this.call.messages.sendData(connectId, toSegment(data.subarray(at, at + MAX_DATA_BYTES)))
    }
  }

  /** Answers the dial with a connection. */
  async accept(connectId: ConnectId = 7): Promise<PacketOf<'DIAL_REQ'>> {
    const request = await this.next('DIAL_REQ')
    this.send({ type: 'DIAL_RSP', random: request.random, connectId, error: '' })
    return request
  }

  finish(status?: number, message?: string): void {
    this.call.finish(status, message)
  }

  reset(): void {
    this.call.messages.reset()
  }

  #accept(packet: Packet): void {
    this.packets.push(packet)
    this.onPacket(packet)
    const index = this.#waiters.findIndex(({ type }) => type === packet.type)
    const waiter = this.#waiters[index]
    if (!waiter) {
      this.#unread.push(packet)
      return
    }
    this.#waiters.splice(index, 1)
    waiter.resolve(packet)
  }
}

/** Lets a proxy really dial, in the simplest way that keeps the protocol: it is server, agent and network in one. */
export function dialTargets(
  proxy: ScriptedProxy,
  resolve: (address: string) => { host: string; port: number } = parseAddress,
): void {
  let connectIds = 0
  proxy.onStream = (stream) => {
    stream.onPacket = (packet) => {
      if (packet.type === 'DIAL_REQ') dial(stream, packet, ++connectIds, resolve)
    }
  }
}

function dial(
  stream: FrontendStream,
  { address, random }: PacketOf<'DIAL_REQ'>,
  connectId: number,
  resolve: (address: string) => { host: string; port: number },
): void {
  const socket = net.connect({ ...resolve(address), allowHalfOpen: true, noDelay: true })
  const refuse = (error: Error) => {
    const reason = 'code' in error && error.code === 'ECONNREFUSED' ? 'connection refused' : error.message
    stream.send({ type: 'DIAL_RSP', random, connectId: 0, error: `dial tcp ${address}: connect: ${reason}` })
  }
  socket.once('error', refuse)
  socket.once('connect', () => {
    socket.removeListener('error', refuse)
    stream.send({ type: 'DIAL_RSP', random, connectId, error: '' })
    relay(stream, socket, connectId)
  })
  stream.ended.then(() => socket.destroy())
}

function relay(stream: FrontendStream, socket: Socket, connectId: number): void {
  const { messages } = stream.call
  const halfCloses = stream.version > 0
  let over = false
  const close = (error: string) => {
    if (!over) stream.send({ type: 'CLOSE_RSP', connectId, error })
    over = true
  }
  socket.on('data', (chunk) => {
    if (over) return
    messages.sendData(connectId, toSegment(chunk), () => socket.resume())
    if (messages.queuedBytes > 256 * 1024) socket.pause()
  })
  socket.once('end', () => {
    if (halfCloses && !socket.writableEnded) stream.send({ type: 'HALF_CLOSE', connectId })
    else close('')
  })
  socket.once('finish', () => {
    if (socket.readableEnded) close('')
  })
  socket.once('error', (error) => close(halfCloses ? error.message : ''))
  socket.on('drain', () => messages.resume())
  stream.onPacket = (packet) => {
    if (packet.type === 'DATA') {
      for (const chunk of packet.chunks) if (!socket.write(chunk)) messages.pause()
    } else if (packet.type === 'HALF_CLOSE') {
      socket.end()
    } else if (packet.type === 'CLOSE_REQ') {
      close('')
      if (packet.error) socket.resetAndDestroy()
      else socket.end().resume()
    }
  }
}

function parseAddress(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`tcp://${address}`)
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
