const INITIAL_BYTES = 1024
const SHORT_CHARACTERS = 48

/**
 * Writes protobuf from the end to the beginning: what has been written is measured, so that no length has to be known before.
 * Whatever belongs behind something else is therefore written first.
 */
export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  #start = INITIAL_BYTES

  /** How many bytes there are so far. */
  get length(): number {
    return this.#buffer.length - this.#start
  }

  finish(): Buffer {
    return this.#buffer.subarray(this.#start)
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#start)
  }

  /** The text, without its length. */
  text(text: string): void {
    if (text.length <= SHORT_CHARACTERS && this.#ascii(text)) return
    this.#reserve(Buffer.byteLength(text))
    this.#buffer.write(text, this.#start)
  }

  base64(text: string): void {
    this.#reserve(Buffer.byteLength(text, 'base64'))
    this.#buffer.write(text, this.#start, 'base64')
  }

  /** Not negative. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1)
      this.#buffer[this.#start] = value
      return
    }
    this.#reserve(varintLength(value))
    let rest = value
    let at = this.#start
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[at++] = (rest % 0x80) | 0x80
    this.#buffer[at] = rest
  }

  /** As Go writes any integer: those below zero in the ten bytes of their two's complement. */
  integer(value: number): void {
    if (value >= 0) {
      this.varint(value)
      return
    }
    this.#reserve(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    for (let i = 0; i < 9; i++, rest >>= 7n) this.#buffer[this.#start + i] = Number(rest & 0x7fn) | 0x80
    this.#buffer[this.#start + 9] = Number(rest)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#buffer.writeDoubleLE(value, this.#start)
  }

  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType)
  }

  #ascii(text: string): boolean {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) {
        this.#start += text.length
        return false
      }
      this.#buffer[this.#start + i] = code
    }
    return true
  }

  /** Moves the start to where that many bytes begin. */
  #reserve(bytes: number): void {
    if (bytes > this.#start) this.#grow(bytes)
    this.#start -= bytes
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + bytes))
    const start = grown.length - this.length
    this.#buffer.copy(grown, start, this.#start)
    this.#buffer = grown
    this.#start = start
  }
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}
