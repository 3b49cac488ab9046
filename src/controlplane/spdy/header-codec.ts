import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { HEADER_DICTIONARY, HEADER_DICTIONARY_ID } from './header-dictionary.ts'
import { SpdyError } from './spdy-error.ts'

/** Names in lower case, each with one value or more. */
export type SpdyHeaders = ReadonlyMap<string, readonly string[]>

/** What a small block may become: those of Kubernetes' streams are some hundred bytes. */
const MAX_BLOCK_BYTES = 64 * 1024
/** How far back deflate refers. */
const WINDOW_BYTES = 32 * 1024
const SYNC = { finishFlush: constants.Z_SYNC_FLUSH }

/** RFC 1950: deflate with a window of 32 KiB, and a dictionary, whose name follows. */
const ZLIB_HEAD = Buffer.from([0x78, 0xbb, 0, 0, 0, 0])
ZLIB_HEAD.writeUInt32BE(HEADER_DICTIONARY_ID, 2)

/*
 * The header blocks of a connection are one zlib stream, flushed after each block. Each part is so whole bytes that only refer to what
 * was before them, which is all that is kept between two blocks: there is no native state that somebody would have to free.
 */

/** Compresses the header blocks of one direction of a connection. */
export class HeaderEncoder {
  #window = HEADER_DICTIONARY
  #isFirst = true

  encode(headers: SpdyHeaders): Buffer {
    const block = encodeBlock(headers)
    const bytes = deflateRawSync(block, { ...SYNC, dictionary: this.#window })
    this.#window = slide(this.#window, block)
    const head = this.#isFirst ? ZLIB_HEAD : Buffer.alloc(0)
    this.#isFirst = false
    return Buffer.concat([head, bytes])
  }
}

/** Reads what a HeaderEncoder has written. */
export class HeaderDecoder {
  #window = HEADER_DICTIONARY
  #isFirst = true

  /** @throws SpdyError when it is no header block; the next cannot be read then either */
  decode(bytes: Buffer): SpdyHeaders {
    const block = this.#inflate(this.#isFirst ? withoutHead(bytes) : bytes)
    this.#isFirst = false
    this.#window = slide(this.#window, block)
    return decodeBlock(block)
  }

  #inflate(bytes: Buffer): Buffer {
    try {
      return inflateRawSync(bytes, { ...SYNC, dictionary: this.#window, maxOutputLength: MAX_BLOCK_BYTES })
    } catch (error) {
      throw new SpdyError('a header block cannot be decompressed', { cause: error })
    }
  }
}

function slide(window: Buffer, block: Buffer): Buffer {
  const all = Buffer.concat([window, block])
  return all.subarray(Math.max(0, all.length - WINDOW_BYTES))
}

/** Any head of the format will do, whatever effort and window it names. */
function withoutHead(bytes: Buffer): Buffer {
  const [method = 0, flags = 0] = bytes
  const isZlib = (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0
  const namesDictionary = (flags & 0x20) !== 0
  if (bytes.length < ZLIB_HEAD.length || !isZlib || !namesDictionary)
    throw new SpdyError('the first header block is no zlib stream with a dictionary')
  if (bytes.readUInt32BE(2) !== HEADER_DICTIONARY_ID)
    throw new SpdyError('the header blocks use a dictionary other than that of SPDY/3')
  return bytes.subarray(ZLIB_HEAD.length)
}

function encodeBlock(headers: SpdyHeaders): Buffer {
  const pieces: Buffer[] = [number32(headers.size)]
  for (const [name, values] of headers)
    for (const text of [name.toLowerCase(), values.join('\0')]) {
      const bytes = Buffer.from(text)
      pieces.push(number32(bytes.length), bytes)
    }
  return Buffer.concat(pieces)
}

function decodeBlock(block: Buffer): SpdyHeaders {
  const reader = new BlockReader(block)
  const headers = new Map<string, readonly string[]>()
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.text()
    if (name === '' || name !== name.toLowerCase() || headers.has(name))
      throw new SpdyError(`a header block has the name ${JSON.stringify(name.slice(0, 100))} wrongly`)
    headers.set(name, reader.text().split('\0'))
  }
  return headers
}

class BlockReader {
  readonly #block: Buffer
  #position = 0

  constructor(block: Buffer) {
    this.#block = block
  }

  number(): number {
    const from = this.#advance(4)
    return this.#block.readUInt32BE(from)
  }

  text(): string {
    const length = this.number()
    const from = this.#advance(length)
    return this.#block.toString('utf8', from, from + length)
  }

  #advance(bytes: number): number {
    const from = this.#position
    this.#position += bytes
    if (this.#position > this.#block.length) throw new SpdyError('a header block is shorter than it says')
    return from
  }
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
