import { ProtocolError } from './protocol-error.ts'
import { LONGEST_VARINT_BYTES } from './varint.ts'

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
export const WIRE_GROUP_START = 3
export const WIRE_GROUP_END = 4
export const WIRE_FIXED32 = 5

/** Go's decoder gives up at 10,000; nothing legitimate nests groups at all. */
const MAX_GROUP_DEPTH = 100

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads protobuf's encoding from a slice of a buffer. Every method throws a `ProtocolError` rather than read past its end. */
export class ProtoReader {
  readonly #buffer: Buffer
  readonly #end: number
  #position: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer
    this.#position = start
    this.#end = end
  }

  get position(): number {
    return this.#position
  }

  get done(): boolean {
    return this.#position >= this.#end
  }

  /** A field's tag: its number and wire type. */
  tag(): { field: number; wireType: number } {
    const tag = this.varint()
    const field = typeof tag === 'number' ? Math.floor(tag / 8) : Infinity
    if (field < 1 || field > 0x1fffffff)
      throw new ProtocolError('malformed packet: field number out of range')
    return { field, wireType: Number(tag) & 7 }
  }

  /** An unsigned varint of up to 64 bits: a number while it is exact, else a bigint. */
  varint(): number | bigint {
    let value = 0
    let scale = 1
    const start = this.#position
    for (let index = 0; index < 7; index++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    this.#position = start
    return this.#longVarint()
  }

  /** An int64: a number where that is exact, else a bigint. */
  int64(): number | bigint {
    const value = this.varint()
    if (typeof value === 'number') return value
    return narrow(BigInt.asIntN(64, value))
  }

  int64AsBigInt(): bigint {
    return BigInt.asIntN(64, BigInt(this.varint()))
  }

  /** An int32 or enum; a longer varint is cut to its low 32 bits, as protobuf says. */
  int32(): number {
    const value = this.varint()
    return typeof value === 'number' ? (value % 2 ** 32) | 0 : Number(BigInt.asIntN(32, value))
  }

  /** The bounds of a length-delimited field, which is skipped. */
  span(): { start: number; end: number } {
    const length = this.varint()
    const start = this.#position
    if (typeof length === 'bigint' || start + length > this.#end) throw truncated()
    this.#position = start + length
    return { start, end: this.#position }
  }

  string(): string {
    const { start, end } = this.span()
    try {
      return utf8.decode(this.#buffer.subarray(start, end))
    } catch (cause) {
      throw new ProtocolError('malformed packet: a string is not valid UTF-8', 13, { cause })
    }
  }

  skip(field: number, wireType: number, depth = 0): void {
    switch (wireType) {
      case WIRE_VARINT:
        this.varint()
        return
      case WIRE_FIXED64:
        this.#advance(8)
        return
      case WIRE_BYTES:
        this.span()
        return
      case WIRE_FIXED32:
        this.#advance(4)
        return
      case WIRE_GROUP_START:
        this.#skipGroup(field, depth)
        return
      default:
        throw new ProtocolError(`malformed packet: wire type ${wireType} in field ${field}`)
    }
  }

  #skipGroup(group: number, depth: number): void {
    if (depth >= MAX_GROUP_DEPTH) throw new ProtocolError('malformed packet: groups nested too deeply')
    for (;;) {
      const { field, wireType } = this.tag()
      if (wireType === WIRE_GROUP_END) {
        if (field !== group) throw new ProtocolError('malformed packet: a group ends that did not begin')
        return
      }
      this.skip(field, wireType, depth + 1)
    }
  }

  #byte(): number {
    if (this.#position >= this.#end) throw truncated()
    return this.#buffer[this.#position++] as number
  }

  #advance(bytes: number): void {
    if (this.#position + bytes > this.#end) throw truncated()
    this.#position += bytes
  }

  /** Put together from parts of 28 bits, which numbers hold: a bigint for every byte would be the dearest part of a dial. */
  #longVarint(): number | bigint {
    const parts: [low: number, middle: number, high: number] = [0, 0, 0]
    for (let index = 0; index < LONGEST_VARINT_BYTES; index++) {
      const byte = this.#byte()
      parts[Math.floor(index / 4) as 0 | 1 | 2] += (byte & 0x7f) * 128 ** (index % 4)
      if (byte < 0x80) return joinParts(parts)
    }
    throw varintTooLong()
  }
}

function joinParts([low, middle, high]: readonly [number, number, number]): number | bigint {
  if (high > 0xff) throw varintTooLong()
  if (high === 0 && middle < 2 ** 25) return middle * 2 ** 28 + low
  return (BigInt(high * 2 ** 28 + middle) << 28n) | BigInt(low)
}

/** A signed one may be small where the unsigned one was not. */
function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function varintTooLong(): ProtocolError {
  return new ProtocolError('malformed packet: a varint is longer than 64 bits')
}

function truncated(): ProtocolError {
  return new ProtocolError('malformed packet: it ends in the middle of a field')
}
