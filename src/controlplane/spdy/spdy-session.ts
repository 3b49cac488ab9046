import type { Duplex } from 'node:stream'
import type { Logger } from '../../common/log.ts'
import {
  dataFrames,
  FLAG_FIN,
  FRAME_TYPE,
  GO_AWAY,
  goAwayFrame,
  pingFrame,
  RESET,
  rstStreamFrame,
  synReplyFrame,
  windowUpdateFrame,
} from './frame.ts'
import { type ControlFrame, type DataPiece, FrameParser } from './frame-parser.ts'
import { HeaderDecoder, HeaderEncoder, type SpdyHeaders } from './header-codec.ts'
import { SpdyError } from './spdy-error.ts'
import { SpdyStream } from './spdy-stream.ts'

export interface SpdySessionComponents {
  readonly log: Logger
  /** The connection, behind its upgrade. Owned from now on. */
  readonly transport: Duplex
  /** Called for each stream that the peer opens. What it throws refuses the stream. */
  onStream(stream: SpdyStream): void
}

export interface SpdySessionOptions {
  /** Open at once. @default 2048 */
  readonly maxStreams?: number
  /** What may have come and not be read yet, of all streams together. @default 4 MiB */
  readonly maxUnreadBytes?: number
}

const MAX_STREAMS = 2_048
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/** Of the window that a peer begins with, which has 64 KiB. */
const WINDOW_UPDATE_BYTES = 32 * 1024
/** More than all streams send together as long as the peer reads; answers to its pings count too. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024
/** Of a peer that is held up, which is not listened to. */
const PROBE_EVERY_MS = 3_000
/** Those of a server are even. The answer to it says nothing. */
const OWN_PING = 2
const FLUSH_MS = 30_000
const LINGER_MS = 1_000
const LAST_STREAM_ID = 0x7fff_ffff

/**
 * The server's end of a SPDY/3.1 connection: the peer opens streams.
 *
 * Kubernetes' own peers (moby/spdystream) count no windows and never open one: what holds up a sender is the connection, in both
 * directions. A peer that counts gets its windows opened as its data is read.
 */
export class SpdySession {
  readonly #log: Logger
  readonly #transport: Duplex
  readonly #onStream: (stream: SpdyStream) => void
  readonly #maxStreams: number
  readonly #maxUnreadBytes: number
  readonly #parser = new FrameParser()
  readonly #decoder = new HeaderDecoder()
  readonly #encoder = new HeaderEncoder()
  readonly #streams = new Map<number, SpdyStream>()
  #lastStreamId = 0
  #unreadBytes = 0
  #consumedBytes = 0
  #hasGoneAway = false
  #isEnding = false
  #resume: (() => void) | undefined

  constructor({ log, transport, onStream }: SpdySessionComponents, options: SpdySessionOptions = {}) {
    this.#log = log
    this.#transport = transport
    this.#onStream = onStream
    this.#maxStreams = options.maxStreams ?? MAX_STREAMS
    this.#maxUnreadBytes = options.maxUnreadBytes ?? MAX_UNREAD_BYTES
  }

  /** Reads until the connection ends, which destroys all streams. Never rejects. */
  async run(): Promise<void> {
    const transport = this.#transport
    transport.setMaxListeners(0) // one for each write that waits
    transport.on('error', (err) => this.#log.debug({ err }, 'connection failed'))
    transport.once('close', () => this.#resume?.()).on('drain', () => this.#resume?.())
    try {
      for await (const chunk of transport.iterator({ destroyOnReturn: false })) {
        for (const frame of this.#parser.push(chunk as Buffer)) this.#handle(frame)
        await this.#room()
      }
    } catch (error) {
      if (error instanceof SpdyError) {
        this.#log.debug({ err: error }, 'connection is ended: its peer breaks the protocol')
        this.#send(goAwayFrame(this.#lastStreamId, GO_AWAY.protocolError))
      }
    } finally {
      this.#hasGoneAway = true
      for (const stream of this.#streams.values()) stream.receiveReset()
      this.#end()
    }
  }

  /** Tells the peer that nothing more comes, and closes the connection once all is written. */
  close(): void {
    if (this.#hasGoneAway) return
    this.#hasGoneAway = true
    this.#send(goAwayFrame(this.#lastStreamId, GO_AWAY.ok))
    this.#end()
  }

  /** A peer that has taken everything may close first; one that takes nothing is not waited for. */
  #end(): void {
    const transport = this.#transport
    if (this.#isEnding || transport.destroyed) return
    this.#isEnding = true
    const destroy = () => transport.destroy()
    let timer = setTimeout(destroy, FLUSH_MS)
    transport.once('close', () => clearTimeout(timer))
    transport.end(() => {
      clearTimeout(timer)
      if (!transport.destroyed) timer = setTimeout(destroy, LINGER_MS)
    })
  }

  /** Reads no further while too much is unread, or not sent. Whether the client is still there shows in what is written then. */
  async #room(): Promise<void> {
    if (!this.#isBehind()) return
    const probe = setInterval(() => this.#send(pingFrame(OWN_PING)), PROBE_EVERY_MS)
    while (this.#isBehind() && !this.#transport.destroyed)
      await new Promise<void>((resolve) => {
        this.#resume = resolve
      })
    clearInterval(probe)
  }

  #isBehind(): boolean {
    return this.#unreadBytes > this.#maxUnreadBytes || this.#transport.writableLength > MAX_UNSENT_BYTES
  }

  #handle(frame: DataPiece | ControlFrame): void {
    if (frame.kind === 'data') this.#handleData(frame)
    else this.#handleControl(frame)
  }

  #handleData({ streamId, data, isLast }: DataPiece): void {
    const stream = this.#streams.get(streamId)
    if (!stream) {
      // What was on its way when the stream was reset; the connection's window counts it all the same.
      this.#openWindow(data.length)
      if (streamId > this.#lastStreamId || streamId % 2 === 0)
        throw new SpdyError(`there is data of stream ${streamId}, which was never opened`)
      return
    }
    this.#unreadBytes += data.length
    stream.receive(data, isLast)
  }

  #handleControl({ type, flags, payload }: ControlFrame): void {
    switch (type) {
      case FRAME_TYPE.synStream:
        requireBytes(payload, 10)
        this.#handleSynStream(idIn(payload), flags, this.#decoder.decode(payload.subarray(10)))
        return
      case FRAME_TYPE.synReply:
      case FRAME_TYPE.headers:
        // Of no use, but what comes after it refers to it.
        requireBytes(payload, 4)
        this.#decoder.decode(payload.subarray(4))
        if ((flags & FLAG_FIN) !== 0) this.#streams.get(idIn(payload))?.receive(Buffer.alloc(0), true)
        return
      case FRAME_TYPE.rstStream:
        requireBytes(payload, 8)
        this.#streams.get(idIn(payload))?.receiveReset()
        return
      case FRAME_TYPE.ping:
        requireBytes(payload, 4)
        this.#handlePing(payload.readUInt32BE())
        return
      case FRAME_TYPE.goAway:
        this.#hasGoneAway = true
        this.#endWhenIdle()
    }
    // SETTINGS and WINDOW_UPDATE say nothing that we go by, and what is unknown is to be ignored.
  }

  #handleSynStream(id: number, flags: number, headers: SpdyHeaders): void {
    if (this.#hasGoneAway) return
    if (id % 2 === 0 || id <= this.#lastStreamId || id > LAST_STREAM_ID)
      throw new SpdyError(`stream ${id} is opened after stream ${this.#lastStreamId}`)
    this.#lastStreamId = id
    if (this.#streams.size >= this.#maxStreams) {
      this.#send(rstStreamFrame(id, RESET.refusedStream))
      return
    }
    const stream = this.#openStream(id, headers)
    try {
      this.#onStream(stream)
    } catch (err) {
      this.#log.debug({ err }, 'stream refused')
      stream.receiveReset()
      this.#send(rstStreamFrame(id, RESET.refusedStream))
      return
    }
    this.#send(synReplyFrame(id, this.#encoder.encode(new Map())))
    if ((flags & FLAG_FIN) !== 0) stream.receive(Buffer.alloc(0), true)
  }

  #openStream(id: number, headers: SpdyHeaders): SpdyStream {
    let consumed = 0
    const stream = new SpdyStream(id, headers, {
      sendData: (data, isLast, callback) => this.#sendData(id, data, isLast, callback),
      sendReset: () => this.#send(rstStreamFrame(id, RESET.cancel)),
      onConsumed: (bytes) => {
        consumed += bytes
        if (consumed >= WINDOW_UPDATE_BYTES) {
          this.#send(windowUpdateFrame(id, consumed))
          consumed = 0
        }
        this.#onConsumed(bytes)
      },
      onClose: () => {
        this.#streams.delete(id)
        this.#endWhenIdle()
      },
    })
    stream.on('error', (err) => this.#log.debug({ err }, 'stream failed'))
    this.#streams.set(id, stream)
    return stream
  }

  /** Those that are even are answers to ours. */
  #handlePing(id: number): void {
    if (id % 2 === 1) this.#send(pingFrame(id))
  }

  #onConsumed(bytes: number): void {
    this.#unreadBytes -= bytes
    this.#openWindow(bytes)
    if (this.#unreadBytes <= this.#maxUnreadBytes) this.#resume?.()
  }

  #openWindow(bytes: number): void {
    this.#consumedBytes += bytes
    if (this.#consumedBytes < WINDOW_UPDATE_BYTES) return
    this.#send(windowUpdateFrame(0, this.#consumedBytes))
    this.#consumedBytes = 0
  }

  #sendData(id: number, data: Buffer, isLast: boolean, callback: (error?: Error | null) => void): void {
    const frames = dataFrames(id, data, isLast)
    const last = frames.pop() as Buffer
    for (const each of frames) this.#send(each)
    if (this.#transport.writable) this.#transport.write(last, callback)
    else callback(new SpdyError('the connection is closed'))
  }

  #send(frame: Buffer): void {
    if (this.#transport.writable) this.#transport.write(frame)
  }

  #endWhenIdle(): void {
    if (this.#hasGoneAway && this.#streams.size === 0) this.#end()
  }
}

function idIn(payload: Buffer): number {
  return payload.readUInt32BE() & 0x7fff_ffff
}

function requireBytes(payload: Buffer, bytes: number): void {
  if (payload.length < bytes)
    throw new SpdyError(`a control frame has ${payload.length} bytes, less than ${bytes}`)
}
