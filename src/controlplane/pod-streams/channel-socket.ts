import { Duplex, Readable, Writable } from 'node:stream'
import type { WebSocket } from 'ws'

/** How channels are told apart on a WebSocket (k8s.io/streaming, pkg/httpstream/wsstream). */
export interface ChannelProtocol {
  /** Empty for a client that names none. */
  readonly name: string
  /** Text instead of bytes: the number of the channel, and base64. */
  readonly base64: boolean
  /** A client can end one channel and leave the others open. */
  readonly closes: boolean
}

/** From the fifth version on: what follows is the number of the channel that ends. */
const CLOSE_CHANNEL = 255
const ASCII_0 = 0x30
const NORMAL_CLOSURE = 1000
const PROBE_EVERY_MS = 3_000

/** Streams over one WebSocket, each message of which begins with the number of its channel. */
export class ChannelSocket {
  readonly #socket: WebSocket
  readonly #protocol: ChannelProtocol
  readonly #readers = new Map<number, Readable>()
  readonly #full = new Set<Readable>()
  #probe: NodeJS.Timeout | undefined

  constructor(socket: WebSocket, protocol: ChannelProtocol) {
    this.#socket = socket
    this.#protocol = protocol
    socket.on('message', (message: Buffer) => this.#receive(message))
    socket.once('close', () => {
      clearInterval(this.#probe)
      for (const channel of [...this.#readers.keys()]) this.endReading(channel)
    })
  }

  /** What a client sends on a channel. The client has to wait while it is not read. */
  reader(channel: number): Readable {
    const reader = new Readable(this.#reading(channel, () => reader))
    this.#readers.set(channel, reader)
    return reader
  }

  /** Its end is not told to the client. */
  writer(channel: number): Writable {
    return new Writable({ write: this.#writing(channel) })
  }

  /** Both on one channel. */
  duplex(channel: number): Duplex {
    const duplex = new Duplex({
      ...this.#reading(channel, () => duplex),
      write: this.#writing(channel),
    })
    this.#readers.set(channel, duplex)
    return duplex
  }

  /** Nothing that comes on a channel any more is of use. */
  endReading(channel: number): void {
    const reader = this.#readers.get(channel)
    this.#readers.delete(channel)
    reader?.push(null)
  }

  /** Resolves when there is room for more. */
  send(channel: number, data: Buffer): Promise<void> {
    const message = this.#protocol.base64
      ? `${channel}${data.toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), data])
    return new Promise((resolve, reject) => {
      this.#socket.send(message, (error) => (error ? reject(error) : resolve()))
    })
  }

  close(): void {
    this.#socket.close(NORMAL_CLOSURE)
    // Nobody reads what is still to come, but for the client's own close.
    this.#full.clear()
    this.#readers.clear()
    this.#goOn()
  }

  /** What is for no channel that is read is not looked at, as the original does. */
  #receive(message: Buffer): void {
    const first = message[0]
    if (first === undefined) return
    if (this.#protocol.closes && first === CLOSE_CHANNEL) {
      this.endReading(message[1] ?? CLOSE_CHANNEL)
      return
    }
    const { base64 } = this.#protocol
    const reader = this.#readers.get(base64 ? first - ASCII_0 : first)
    if (!reader) return
    const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
    if (data.length === 0 || reader.push(data)) return
    this.#full.add(reader)
    this.#holdUp()
  }

  #reading(channel: number, reader: () => Readable) {
    return {
      read: () => this.#makeRoom(reader()),
      destroy: (error: Error | null, callback: (error?: Error | null) => void) => {
        this.#readers.delete(channel)
        this.#makeRoom(reader())
        callback(error)
      },
    }
  }

  #writing(channel: number) {
    return (chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void => {
      this.send(channel, chunk).then(() => callback(), callback)
    }
  }

  #makeRoom(reader: Readable): void {
    if (this.#full.delete(reader) && this.#full.size === 0) this.#goOn()
  }

  /** Whether a client is still there that is not listened to shows in what is written to it. */
  #holdUp(): void {
    this.#socket.pause()
    this.#probe ??= setInterval(() => this.#socket.ping(undefined, undefined, () => {}), PROBE_EVERY_MS)
  }

  #goOn(): void {
    clearInterval(this.#probe)
    this.#probe = undefined
    this.#socket.resume()
  }
}
