import { type Duplex, duplexPair } from 'node:stream'
import { silentLogger } from '../../../src/common/log.ts'
import { FrameParser } from '../../../src/controlplane/spdy/frame-parser.ts'
import { HeaderDecoder, HeaderEncoder } from '../../../src/controlplane/spdy/header-codec.ts'
import {
  SpdySession,
  type SpdySessionOptions,
  type SpdyStream,
} from '../../../src/controlplane/spdy/index.ts'

const TYPES = new Map([
  [1, 'SYN_STREAM'],
  [2, 'SYN_REPLY'],
  [3, 'RST_STREAM'],
  [6, 'PING'],
  [7, 'GOAWAY'],
  [9, 'WINDOW_UPDATE'],
])

/** The other end of a session, frame by frame. */
export class SpdyClient {
  readonly transport: Duplex
  readonly session: SpdySession
  /** Resolves when the session has ended. */
  readonly ended: Promise<void>
  /** Such as `SYN_REPLY 1`, `DATA 1 text`, `DATA 1 FIN`. Those that open windows are left out. */
  readonly frames: string[] = []
  windowBytes = 0
  readonly #theirs: Duplex
  readonly #encoder = new HeaderEncoder()
  readonly #decoder = new HeaderDecoder()
  readonly #parser = new FrameParser()

  constructor(onStream: (stream: SpdyStream) => void, options: SpdySessionOptions = {}) {
    const [ours, theirs] = duplexPair()
    this.transport = ours
    this.#theirs = theirs
    this.session = new SpdySession({ log: silentLogger, transport: theirs, onStream }, options)
    this.ended = this.session.run()
    ours.on('data', (chunk: Buffer) => {
      for (const frame of this.#parser.push(chunk)) {
        if (frame.kind === 'data') {
          const fin = frame.isLast ? ' FIN' : ''
          this.frames.push(`DATA ${frame.streamId}${frame.data.length > 0 ? ` ${frame.data}` : ''}${fin}`)
          continue
        }
        const type = TYPES.get(frame.type) ?? `type ${frame.type}`
        const [id, value] = [
          frame.payload.readUInt32BE(0),
          frame.payload.length >= 8 ? frame.payload.readUInt32BE(4) : 0,
        ]
        if (type === 'WINDOW_UPDATE') {
          if (id === 0) this.windowBytes += value
          continue
        }
        if (type === 'SYN_REPLY') this.#decoder.decode(frame.payload.subarray(4))
        const hasValue = type === 'RST_STREAM' || type === 'GOAWAY'
        this.frames.push(`${type} ${id}${hasValue ? ` ${value}` : ''}`)
      }
    })
    ours.on('error', () => {})
  }

  /** As when the network fails. */
  break(): void {
    this.#theirs.destroy()
  }

  open(id: number, headers: Record<string, string> = {}, flags = 0): void {
    const block = this.#encoder.encode(
      new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    )
    this.control(1, Buffer.concat([numbers(id, 0), Buffer.alloc(2), block]), flags)
  }

  data(id: number, data: string | Buffer, flags = 0): void {
    const bytes = Buffer.from(data)
    const head = numbers(id, bytes.length)
    head.writeUInt8(flags, 4)
    this.transport.write(Buffer.concat([head, bytes]))
  }

  control(type: number, payload: Buffer, flags = 0): void {
    const head = numbers((0x8003_0000 | type) >>> 0, payload.length)
    head.writeUInt8(flags, 4)
    this.transport.write(Buffer.concat([head, payload]))
  }
}

export function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4)
  })
  return bytes
}
