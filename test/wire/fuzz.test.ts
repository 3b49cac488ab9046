import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodePacket, type Packet, ProtocolError } from '../../src/wire/index.ts'
import { busyMs } from '../support/processor-time.ts'
import { comparable, encodeAny, hex, split, varint } from './packets.ts'

const INPUTS = 100_000
const SEED = 20_260_801

/** Mulberry32: small, seeded, and good enough to mutate with. Returns integers below `bound`. */
function randomIntegers(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

const seeds: readonly Buffer[] = [
  hex('12 16 0a03746370 1205613a343433 18808080808080808040'),
  hex('08 01 1a 0a 0a026e6f 10 01 18 ac02 8004 01'),
  hex('08 02 2a 06 08 05 820401 78'),
  hex('08 03 32 05 0a0178 10 05'),
  hex('08 04 22 09 08 01 1a 05 68656c6c6f'),
  hex('08 04 22 0b 08 01 12 02 c3bc 1a 03 616263 22 02 08 02'),
  hex('08 05 3a 02 08 07'),
  hex('08 06 42 00'),
  hex('08 40 8204 05 08 05 10 ac02'),
  hex('08 41 8a04 0b 08 ffffffffffffffffff01'),
  hex('08 06 42 02 48 01 4b 53 0807 54 4c 51 0102030405060708 7d 01020304'),
]
/** Bytes that mean something here: tags, lengths, the ends of varints. */
const tellingBytes = hex(
  '00 01 02 03 04 05 06 07 08 0a 0b 0c 0d 10 12 18 1a 22 2a 32 3a 42 53 54 7f 80 82 8a ff',
)

function mutate(original: Buffer, below: (bound: number) => number): Buffer {
  let bytes = Buffer.from(original)
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(bytes.length + 1)
    switch (below(7)) {
      case 0:
        bytes = bytes.subarray(0, at)
        break
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(3))])
        break
      case 2:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          seeds[below(seeds.length)] ?? bytes,
          bytes.subarray(at),
        ])
        break
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          varint(BigInt(below(2 ** 32)), below(12)),
          bytes.subarray(at),
        ])
        break
      case 4:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
        break
      case 5:
        if (at < bytes.length) bytes[at] = below(256)
        break
      default:
        if (at < bytes.length) bytes[at] = tellingBytes[below(tellingBytes.length)] ?? 0
    }
  }
  return bytes
}

/** The packet, or undefined for a ProtocolError; whatever else is thrown passes through. */
function tryDecode(message: readonly Buffer[]): Packet | undefined {
  try {
    return decodePacket(message)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** The same bytes as a part of something larger: whoever reads past the end finds a valid packet there. */
function surrounded(message: Buffer): Buffer {
  const around = seeds[4] ?? message
  return Buffer.concat([around, message, around]).subarray(around.length, around.length + message.length)
}

/** Decodes, and checks what must hold for any bytes. Without `expect`, which is slow: this runs very often. */
function check(message: Buffer, cuts: readonly number[]): boolean {
  const packet = tryDecode([message])
  const elsewhere = tryDecode(split(surrounded(message), cuts))
  if (packet?.type !== elsewhere?.type)
    throw new Error(`${message.toString('hex')} depends on what is around it`)
  if (!packet) return false
  if (packet.type === 'UNKNOWN') return true
  const encoded = encodeAny(packet)
  const again = tryDecode([encoded])
  if (!again || again.type === 'UNKNOWN' || !elsewhere || elsewhere.type === 'UNKNOWN') {
    throw new Error(`${message.toString('hex')} decodes differently the second time`)
  }
  // Both an encoding that is stable and packets that are equal: two different packets have different encodings.
  if (!encodeAny(again).equals(encoded) || !encodeAny(elsewhere).equals(encoded)) {
    throw new Error(`${message.toString('hex')} is encoded differently the second time`)
  }
  return true
}

describe('decoding anything', () => {
  // Most inputs end in an error, and its stack trace is what takes the time.
  const { stackTraceLimit } = Error
  beforeAll(() => {
    Error.stackTraceLimit = 0
  })
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit
  })

  it('returns a packet or throws a ProtocolError, for mutated packets', () => {
    const below = randomIntegers(SEED)
    let decoded = 0
    for (let count = 0; count < INPUTS; count++) {
      const message = mutate(seeds[count % seeds.length] as Buffer, below)
      if (check(message, [below(30), below(30)])) decoded++
    }
    expect(decoded).toBeGreaterThan(INPUTS / 20)
    expect(decoded).toBeLessThan(INPUTS)
  })

  it('returns a packet or throws a ProtocolError, for random bytes', () => {
    const below = randomIntegers(SEED + 1)
    for (let count = 0; count < INPUTS; count++) {
      const message = Buffer.allocUnsafe(below(40))
      for (let index = 0; index < message.length; index++) {
        message[index] = below(2) ? below(256) : (tellingBytes[below(tellingBytes.length)] as number)
      }
      check(message, [below(30)])
    }
  })

  it('gives the same packet from its own encoding', () => {
    const below = randomIntegers(SEED + 2)
    for (let count = 0; count < 2000; count++) {
      const packet = tryDecode([mutate(seeds[count % seeds.length] as Buffer, below)])
      if (!packet || packet.type === 'UNKNOWN') continue
      expect(comparable(decodePacket([encodeAny(packet)]))).toEqual(comparable(packet))
    }
  })
})

describe('a hostile message of 1 MiB', () => {
  const size = 2 ** 20
  /** Quadratic work on this many fields would take minutes. */
  const LIMIT_MS = 3000
  const filled = (pattern: string) => Buffer.alloc(size, hex(pattern))
  const inPayload = (head: string, pattern: string) =>
    Buffer.concat([hex(head), varint(BigInt(size)), filled(pattern)])

  it.each([
    ['unknown fields', filled('5000')],
    ['unknown fields between known ones', Buffer.concat([filled('50000806'), hex('4200')])],
    ['sub-messages to be merged', filled('2200')],
    ['a oneof that changes with each field', filled('22002a00')],
    ['groups', filled('5354')],
    ['groups that only begin', filled('53')],
    ['varints that are too long', filled('08ffffffffffffffffff01')],
    ['DATA with unknown fields', inPayload('080422', '2000')],
    ['DATA with empty bytes', inPayload('080422', '1a00')],
    ['DATA with unknown fields between known ones', inPayload('080422', '20000801')],
    ['strings', inPayload('12', '0a0161')],
    [
      'one string',
      Buffer.concat([hex('12'), varint(BigInt(size + 4)), hex('12'), varint(BigInt(size)), filled('61')]),
    ],
  ])('takes no more than linear time: %s', (_name, message) => {
    expect(busyMs(() => tryDecode([message]))).toBeLessThan(LIMIT_MS)
  })

  it('takes no more than linear time in pieces of one byte', () => {
    const payload = Buffer.concat([hex('0801 1a'), varint(BigInt(100_000)), Buffer.alloc(100_000)])
    const message = Buffer.concat([hex('0804 22'), varint(BigInt(payload.length)), payload])
    const pieces = Array.from(message, (byte) => Buffer.of(byte))
    const tookMs = busyMs(() => {
      expect(tryDecode(pieces)).toMatchObject({ type: 'DATA', connectId: 1, length: 100_000 })
    })
    expect(tookMs).toBeLessThan(LIMIT_MS)
  })
})
