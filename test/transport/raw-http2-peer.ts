import { once } from 'node:events'
import net from 'node:net'

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
} as const
const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4 } as const
const PREFACE_BYTES = 24
const HEAD_BYTES = 9

interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/**
 * An HTTP/2 server that does only what it is told, frame by frame, for what no well-behaved library would do. It completes
 * the preface and grants all the flow control there is; it answers no ping.
 */
export class RawHttp2Peer {
  readonly frames: Frame[] = []
  readonly #listener: net.Server
  #socket: net.Socket | undefined
  #unread = Buffer.alloc(0)
  #prefaceSeen = false
  #onFrame = () => {}

  private constructor(listener: net.Server) {
    this.#listener = listener
    listener.on('connection', (socket) => this.#adopt(socket))
  }

  static async listen(): Promise<RawHttp2Peer> {
    const listener = net.createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new RawHttp2Peer(listener)
  }

  get port(): number {
    return (this.#listener.address() as net.AddressInfo).port
  }

  get socket(): net.Socket {
    if (!this.#socket) throw new Error('nobody has connected')
    return this.#socket
  }

  /** Waits for a frame of a type; frames that came before count. */
  async frame(type: number): Promise<Frame> {
    for (;;) {
      const found = this.frames.find((frame) => frame.type === type)
      if (found) return found
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve
      })
    }
  }

  /** The frames of one stream, in words: `'DATA 3'`, `'END_STREAM'`, `'RST_STREAM 8'`. */
  summary(stream: number): string[] {
    return this.frames
      .filter((frame) => frame.stream === stream)
      .flatMap(({ type, flags, payload }) => {
        const end = flags & FLAG.END_STREAM ? ['END_STREAM'] : []
        if (type === FRAME.DATA) return [`DATA ${payload.length}`, ...end]
        if (type === FRAME.RST_STREAM) return [`RST_STREAM ${payload.readUInt32BE()}`]
        return type === FRAME.HEADERS ? ['HEADERS', ...end] : []
      })
  }

  /** Sends frames in one write. */
  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames))
  }

  close(): void {
    this.#socket?.destroy()
    this.#listener.close()
  }

  #adopt(socket: net.Socket): void {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#receive(chunk))
    const windowUpdate = Buffer.alloc(4)
    windowUpdate.writeUInt32BE(2 ** 31 - 1 - 65_535)
    const largestWindow = Buffer.from('00047fffffff', 'hex')
    this.send(
      frame(FRAME.SETTINGS, 0, 0, largestWindow),
      frame(FRAME.SETTINGS, FLAG.ACK, 0),
      frame(FRAME.WINDOW_UPDATE, 0, 0, windowUpdate),
    )
  }

  #receive(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk])
    if (!this.#prefaceSeen) {
      if (this.#unread.length < PREFACE_BYTES) return
      this.#prefaceSeen = true
      this.#unread = this.#unread.subarray(PREFACE_BYTES)
    }
    for (;;) {
      if (this.#unread.length < HEAD_BYTES) return
      const length = this.#unread.readUIntBE(0, 3)
      if (this.#unread.length < HEAD_BYTES + length) return
      this.frames.push({
        type: this.#unread[3] as number,
        flags: this.#unread[4] as number,
        stream: this.#unread.readUInt32BE(5),
        payload: this.#unread.subarray(HEAD_BYTES, HEAD_BYTES + length),
      })
      this.#unread = this.#unread.subarray(HEAD_BYTES + length)
      this.#onFrame()
    }
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** HPACK without tables or Huffman: enough for names and values of up to 126 bytes. */
export function headersFrame(
  stream: number,
  headers: Readonly<Record<string, string>>,
  endStream = false,
): Buffer {
  const block = Object.entries(headers).flatMap(([name, value]) => [
    Buffer.of(0, name.length),
    Buffer.from(name),
    Buffer.of(value.length),
    Buffer.from(value),
  ])
  return frame(
    FRAME.HEADERS,
    FLAG.END_HEADERS | (endStream ? FLAG.END_STREAM : 0),
    stream,
    Buffer.concat(block),
  )
}

export function dataFrame(stream: number, payload: Buffer, endStream = false): Buffer {
  return frame(FRAME.DATA, endStream ? FLAG.END_STREAM : 0, stream, payload)
}

export function resetFrame(stream: number, code: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return frame(FRAME.RST_STREAM, 0, stream, payload)
}

export function goawayFrame(code: number): Buffer {
  const payload = Buffer.alloc(8)
  payload.writeUInt32BE(2 ** 31 - 1)
  payload.writeUInt32BE(code, 4)
  return frame(FRAME.GOAWAY, 0, 0, payload)
}
