import { once } from 'node:events'
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import net, { type AddressInfo, type Socket } from 'node:net'
import {
  type MessageStreamHandler,
  ServerCall,
  settingsWithWindow,
  toSegment,
} from '../../src/transport/index.ts'
import {
  AGENT_CONNECT_PATH,
  announceExtensions,
  type CloseResponsePacket,
  type ConnectId,
  type ControlPacket,
  DEFAULT_WINDOW_BYTES,
  type DialResponsePacket,
  decodePacket,
  type Packet,
  SERVER_COUNT_HEADER,
  SERVER_ID_HEADER,
} from '../../src/wire/index.ts'
import type { TestPki } from './test-pki.ts'
import { until } from './until.ts'

export interface ScriptedServerOptions {
  /** @default 'server-1' */
  readonly serverId?: string
  /** @default 1 */
  readonly serverCount?: number
  /** What agents may send ahead per connection; undefined for a server without extensions, like Go's. @default 512 KiB */
  readonly windowBytes?: number | undefined
  /** Grants what an agent sends as it comes. @default true */
  readonly grants?: boolean
  /** Answers a call in its own way, instead of accepting it. */
  readonly answer?: (call: ServerCall) => void
  /** @default 127.0.0.1 */
  readonly host?: string
  readonly port?: number
}

interface Waiter {
  readonly matches: (packet: Packet) => boolean
  readonly resolve: (packet: Packet) => void
}

let lastRandom = 1n << 60n

/** An agent's stream, seen from the server: records what comes, and sends what the test says. */
export class ScriptedStream implements MessageStreamHandler {
  readonly packets: Packet[] = []
  readonly headers: IncomingHttpHeaders
  readonly #call: ServerCall
  readonly #grants: boolean
  readonly #waiters = new Set<Waiter>()
  readonly #closed = Promise.withResolvers<void>()
  readonly #peerEnded = Promise.withResolvers<void>()

  constructor(call: ServerCall, grants: boolean) {
    this.#call = call
    this.headers = call.headers
    this.#grants = grants
    call.messages.start(this)
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get peerEnded(): Promise<void> {
    return this.#peerEnded.promise
  }

  headerValues(name: string): string[] {
    return this.#call.headerValues(name)
  }

  send(packet: ControlPacket): void {
    this.#call.messages.sendControl(packet)
  }

  sendBytes(framed: Buffer): void {
    this.#call.messages.sendFramed(framed)
  }

  sendData(connectId: ConnectId, bytes: Buffer | string): void {
    this.#call.messages.sendData(connectId, toSegment(Buffer.from(bytes)))
  }

  /** What is written and not yet with the network: it stays when the agent does not read. */
  get queuedBytes(): number {
    return this.#call.messages.queuedBytes
  }

  pause(): void {
    this.#call.messages.pause()
  }

  resume(): void {
    this.#call.messages.resume()
  }

  finish(status?: number, message?: string): void {
    this.#call.finish(status, message)
  }

  reset(): void {
    this.#call.messages.reset()
  }

  /** The first packet of a type, had or to come, that `matches`. */
  expect<Type extends Packet['type']>(
    type: Type,
    matches: (packet: Extract<Packet, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<Packet, { type: Type }>> {
    const isIt = (packet: Packet): packet is Extract<Packet, { type: Type }> =>
      packet.type === type && matches(packet as Extract<Packet, { type: Type }>)
    const had = this.packets.find(isIt)
    if (had) return Promise.resolve(had)
    return new Promise((resolve) => {
      this.#waiters.add({ matches: isIt, resolve: (packet) => isIt(packet) && resolve(packet) })
    })
  }

  /** Sends a DIAL_REQ and waits for its answer. */
  dial(address: string, protocol = 'tcp'): Promise<DialResponsePacket> {
    const random = this.sendDial(address, protocol)
    return this.dialResponse(random)
  }

  sendDial(address: string, protocol = 'tcp', random = ++lastRandom): bigint {
    this.send({ type: 'DIAL_REQ', protocol, address, random })
    return random
  }

  dialResponse(random: bigint): Promise<DialResponsePacket> {
    return this.expect('DIAL_RSP', (packet) => packet.random === random)
  }

  closeResponse(connectId: ConnectId): Promise<CloseResponsePacket> {
    return this.expect('CLOSE_RSP', (packet) => packet.connectId === connectId)
  }

  /** Types of the packets for a connection, with runs of the same type as one. */
  typesOf(connectId: ConnectId): string[] {
    const types = this.packets
      .filter((packet) => 'connectId' in packet && packet.connectId === connectId)
      .map(({ type }) => type)
    return types.filter((type, index) => type !== types[index - 1])
  }

  countOf(type: Packet['type'], connectId?: ConnectId): number {
    return this.packets.filter(
      (packet) =>
        packet.type === type &&
        (connectId === undefined || ('connectId' in packet && packet.connectId === connectId)),
    ).length
  }

  bytesOf(connectId: ConnectId): Buffer {
    return Buffer.concat(
      this.packets.flatMap((packet) =>
        packet.type === 'DATA' && packet.connectId === connectId ? packet.chunks : [],
      ),
    )
  }

  /** Resolves once the connection has brought `length` bytes, and returns them. */
  async bytes(connectId: ConnectId, length: number): Promise<Buffer> {
    let seen = 0
    for (const packet of this.packets) {
      if (packet.type === 'DATA' && packet.connectId === connectId) seen += packet.length
    }
    if (seen < length) {
      await new Promise<void>((resolve) => {
        const matches = (packet: Packet) => {
          if (packet.type === 'DATA' && packet.connectId === connectId) seen += packet.length
          return seen >= length
        }
        this.#waiters.add({ matches, resolve: () => resolve() })
      })
    }
    return this.bytesOf(connectId)
  }

  onMessage(message: readonly Buffer[]): void {
    const packet = decodePacket(message)
    this.packets.push(packet)
    if (this.#grants && packet.type === 'DATA') {
      this.send({ type: 'CREDIT', connectId: packet.connectId, bytes: packet.length })
    }
    for (const waiter of this.#waiters) {
      if (!waiter.matches(packet)) continue
      this.#waiters.delete(waiter)
      waiter.resolve(packet)
    }
  }

  onPeerEnd(): void {
    this.#peerEnded.resolve()
    this.#call.finish()
  }

  onProtocolError(error: Error): void {
    throw error
  }

  onClose(): void {
    this.#peerEnded.resolve()
    this.#closed.resolve()
  }
}

/** A proxy server's agent port that does what a test tells it, right or wrong, over real TLS. */
export class ScriptedServer {
  readonly streams: ScriptedStream[] = []
  readonly #server: http2.Http2SecureServer
  readonly #options: ScriptedServerOptions
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #waiting: ((stream: ScriptedStream) => void)[] = []
  #taken = 0
  serverId: string
  serverCount: number
  /** TLS connections that were accepted. */
  handshakes = 0
  /** The ports that connections came from, in their order, and those of them that were only made to count. */
  readonly #ports: (number | undefined)[] = []
  readonly #knocks = new Set<number | undefined>()

  constructor(pki: TestPki, options: ScriptedServerOptions = {}) {
    this.#options = options
    this.serverId = options.serverId ?? 'server-1'
    this.serverCount = options.serverCount ?? 1
    this.#server = http2.createSecureServer({
      cert: pki.agentServer.certPem,
      key: pki.agentServer.keyPem,
      ca: pki.agentCa.caPem,
      requestCert: true,
      rejectUnauthorized: true,
      settings: settingsWithWindow(1024 * 1024),
    })
    this.#server.on('connection', (socket) => {
      this.#ports.push(socket.remotePort)
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('secureConnection', () => {
      this.handshakes++
    })
    this.#server.on('session', (session) => {
      this.#sessions.add(session)
      session.on('error', () => {})
      session.once('close', () => this.#sessions.delete(session))
    })
    this.#server.on('sessionError', () => {})
    this.#server.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
        this.#handleCall(new ServerCall(stream, headers, rawHeaders))
      },
    )
  }

  static async start(pki: TestPki, options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(pki, options)
    server.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** How many TCP connections peers have made until now, those included that nobody has looked at yet: they come in order. */
  async countConnections(): Promise<number> {
    const knock = net.connect(this.port, this.#options.host ?? '127.0.0.1')
    await once(knock, 'connect')
    const { localPort } = knock
    this.#knocks.add(localPort)
    await until(() => this.#ports.includes(localPort), 'the server has come to our connection')
    knock.destroy()
    return this.#ports.slice(0, this.#ports.indexOf(localPort)).filter((port) => !this.#knocks.has(port))
      .length
  }

  /** The next stream that no test step has taken yet. */
  nextStream(): Promise<ScriptedStream> {
    const stream = this.streams[this.#taken]
    if (stream) {
      this.#taken++
      return Promise.resolve(stream)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Drops all connections, as a process that is killed. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #handleCall(call: ServerCall): void {
    if (call.headers[':path'] !== AGENT_CONNECT_PATH) {
      call.finish(12, 'unknown method')
      return
    }
    if (this.#options.answer) {
      this.#options.answer(call)
      return
    }
    const { windowBytes } = { windowBytes: DEFAULT_WINDOW_BYTES, ...this.#options }
    call.respond({
      [SERVER_ID_HEADER]: this.serverId,
      [SERVER_COUNT_HEADER]: String(this.serverCount),
      ...(windowBytes === undefined ? {} : announceExtensions(windowBytes)),
    })
    const stream = new ScriptedStream(call, windowBytes !== undefined && (this.#options.grants ?? true))
    this.streams.push(stream)
    const waiting = this.#waiting.shift()
    if (waiting) {
      this.#taken++
      waiting(stream)
    }
  }
}
