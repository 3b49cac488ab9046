import { once } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { addAbortSignal } from 'node:stream'
import {
  type ConnectId,
  type ControlPacket,
  type DataPacket,
  decodePacket,
  frameControlPacket,
  frameDataHead,
  type Packet,
} from '../../src/wire/index.ts'
import { MessageReader, withPrefix } from './grpc-framing.ts'

type PacketOf<Type extends Packet['type']> = Extract<Packet, { type: Type }>

/** How the server ended a stream: with trailers, with a reset, or both. */
export interface PeerEnd {
  readonly resetCode: number
  readonly status: number | undefined
  readonly message: string | undefined
}

interface Waiter {
  readonly matches: (packet: Packet) => boolean
  readonly resolve: (packet: Packet) => void
  readonly reject: (error: Error) => void
}

/**
 * One gRPC stream in the hands of a test: it sends what the test says, byte for byte if need be, and keeps what comes. Its
 * framing is its own, so that it does not share the mistakes of src/transport.
 */
export class GrpcPeer {
  readonly session: ClientHttp2Session
  readonly stream: ClientHttp2Stream
  /** Everything that came, in order. */
  readonly packets: Packet[] = []
  /** The same, as it was on the wire. */
  readonly messages: Buffer[] = []
  readonly headers: Promise<IncomingHttpHeaders>
  readonly ended: Promise<PeerEnd>
  /** Called with each packet as it comes, before any `next`. */
  onPacket: (packet: Packet) => void = () => {}
  #unread: Packet[] = []
  #waiters: Waiter[] = []
  readonly #reader = new MessageReader()
  #closed = false

  constructor(
    session: ClientHttp2Session,
    path: string,
    metadata: Readonly<Record<string, string | string[]>>,
  ) {
    this.session = session
    this.stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      'user-agent': 'grpc-go/1.83.0',
      te: 'trailers',
      ...metadata,
    })
    this.headers = once(this.stream, 'response').then(([headers]) => headers as IncomingHttpHeaders)
    this.headers.catch(() => {})
    this.ended = this.#awaitEnd()
    this.stream.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  send(packet: ControlPacket): void {
    this.stream.write(frameControlPacket(packet))
  }

  sendData(connectId: ConnectId, bytes: Buffer | string): void {
    const data = Buffer.from(bytes)
    this.stream.write(Buffer.concat([frameDataHead(connectId, data.length), data]))
  }

  /** Sends one message as it is, behind a gRPC prefix. */
  sendMessage(message: Buffer): void {
    this.stream.write(withPrefix(message))
  }

  /** The next packet of that type which no earlier call has had; whatever else came stays where it is. */
  next<Type extends Packet['type']>(type: Type): Promise<PacketOf<Type>> {
    return this.nextThat((packet): packet is PacketOf<Type> => packet.type === type, type)
  }

  nextThat<Wanted extends Packet>(
    matches: (packet: Packet) => packet is Wanted,
    what: string,
  ): Promise<Wanted> {
    const index = this.#unread.findIndex(matches)
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0] as Wanted)
    if (this.#closed) return Promise.reject(new Error(`the stream ended while a ${what} was awaited`))
    return new Promise<Packet>((resolve, reject) => {
      this.#waiters.push({
        matches,
        resolve,
        reject: () => reject(new Error(`the stream ended while a ${what} was awaited`)),
      })
    }) as Promise<Wanted>
  }

  /** The bytes of a connection that came until now. */
  bytes(connectId?: ConnectId): Buffer {
    return Buffer.concat(this.#data(connectId).flatMap((packet) => packet.chunks))
  }

  byteCount(connectId?: ConnectId): number {
    return this.#data(connectId).reduce((sum, packet) => sum + packet.length, 0)
  }

  types(): string[] {
    return this.packets.map((packet) => packet.type)
  }

  /** Resolves once the server has read all that was sent, and all that it had to say to it by then has come. */
  async settled(): Promise<void> {
    if (this.session.connecting) await once(this.session, 'connect')
    for (let turn = 0; turn < 2; turn++) {
      await new Promise<void>((resolve, reject) => {
        const asked = this.session.ping((error) => (error ? reject(error) : resolve()))
        if (!asked) reject(new Error('the session takes no ping'))
      })
    }
  }

  /** Ends our side in order. */
  end(): void {
    this.stream.end()
  }

  /**
   * RST_STREAM and nothing before it, as Go clients send it: CANCEL (8), or INTERNAL_ERROR (2) in the middle of something.
   * NO_ERROR (0) is behind END_STREAM: what Node's `close` sends first comes to the server as an end in order when it is faster.
   */
  async reset(code: 8 | 2 | 0 = 8): Promise<void> {
    if (code === 8) addAbortSignal(AbortSignal.abort(), this.stream)
    else if (code === 2) this.stream.destroy(new Error('the test resets the stream'))
    else this.stream.close(code)
    await this.ended
  }

  #data(connectId: ConnectId | undefined): DataPacket[] {
    return this.packets.filter(
      (packet): packet is DataPacket =>
        packet.type === 'DATA' && (connectId === undefined || packet.connectId === connectId),
    )
  }

  #receive(chunk: Buffer): void {
    for (const message of this.#reader.read(chunk)) {
      this.messages.push(message)
      this.#accept(decodePacket([message]))
    }
  }

  #accept(packet: Packet): void {
    this.packets.push(packet)
    this.onPacket(packet)
    const waiter = this.#waiters.find(({ matches }) => matches(packet))
    if (!waiter) {
      this.#unread.push(packet)
      return
    }
    this.#waiters = this.#waiters.filter((other) => other !== waiter)
    waiter.resolve(packet)
  }

  async #awaitEnd(): Promise<PeerEnd> {
    const { stream } = this
    let trailers: IncomingHttpHeaders = {}
    stream.on('error', () => {})
    stream.once('response', (headers) => {
      if (headers['grpc-status'] !== undefined) trailers = headers
    })
    stream.once('trailers', (headers) => {
      trailers = headers
    })
    await new Promise((resolve) => stream.once('close', resolve))
    this.#closed = true
    for (const { reject } of this.#waiters.splice(0)) reject(new Error('closed'))
    const status = trailers['grpc-status']
    const message = trailers['grpc-message']
    return {
      resetCode: stream.rstCode ?? 0,
      status: typeof status === 'string' ? Number(status) : undefined,
      message: typeof message === 'string' ? decodeURIComponent(message) : undefined,
    }
  }
}
