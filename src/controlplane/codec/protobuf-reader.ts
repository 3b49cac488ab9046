import { MalformedBody } from './malformed-body.ts'

export const VARINT = 0
export const FIXED64 = 1
export const LENGTH_DELIMITED = 2
export const FIXED32 = 5

const MAX_VARINT_BYTES = 10

/** Reads protobuf that may be anything: whatever does not fit is a MalformedBody. */
export class ProtobufReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get at(): number {
    return this.#at
  }

  get length(): number {
    return this.#bytes.length
  }

  /** Reads a length, and says where what is that long ends. It ends no later than what it is in. */
  enter(end: number): number {
    const length = this.varint()
    if (length > end - this.#at) throw unexpectedEnd()
    return this.#at + length
  }

  bytes(end: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  text(end: number): string {
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end
    return text
  }

  /** A tag or a length, of which none has more than 32 bits. */
  varint(): number {
    const first = this.#bytes[this.#at]
    if (first !== undefined && first < 0x80) {
      this.#at++
      return first
    }
    const value = this.#long()
    if (value < 0n || value > 0xffff_ffffn) throw new MalformedBody('proto: integer overflow')
    return Number(value)
  }

  int32(): number {
    const first = this.#bytes[this.#at]
    if (first !== undefined && first < 0x80) return this.varint()
    return Number(BigInt.asIntN(32, this.#long()))
  }

  /** Kubernetes keeps all of an int64; this refuses what it could not keep. */
  int64(): number {
    const first = this.#bytes[this.#at]
    if (first !== undefined && first < 0x80) return this.varint()
    const value = this.#long()
    if (!Number.isSafeInteger(Number(value))) {
      throw new MalformedBody(`number ${value} is beyond 2^53, where it cannot be kept exactly`)
    }
    return Number(value)
  }

  double(): number {
    const at = this.#take(8)
    return this.#bytes.readDoubleLE(at)
  }

  /** A value of a field that is not known. */
  skip(wireType: number, end: number): void {
    switch (wireType) {
      case VARINT:
        this.#long()
        return
      case FIXED64:
        this.#take(8)
        return
      case LENGTH_DELIMITED:
        this.#at = this.enter(end)
        return
      case FIXED32:
        this.#take(4)
        return
      default:
        throw new MalformedBody(`proto: illegal wireType ${wireType}`)
    }
  }

  #long(): bigint {
    let value = 0n
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#bytes[this.#take(1)] as number
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return BigInt.asIntN(64, value)
    }
    throw new MalformedBody('proto: integer overflow')
  }

  #take(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#bytes.length) throw unexpectedEnd()
    this.#at += bytes
    return at
  }
}

export function unexpectedEnd(): MalformedBody {
  return new MalformedBody('unexpected EOF')
}
