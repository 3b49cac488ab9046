import fc from 'fast-check'
import { frameDataHead, frameDataWithUnknown, GRPC_PREFIX_BYTES } from '../../src/wire/encode.ts'
import {
  type ConnectId,
  type ControlPacket,
  type DataPacket,
  encodePacket,
  type Packet,
  type UnknownPacket,
} from '../../src/wire/index.ts'

/** Every packet that has an encoding of its own. */
export type KnownPacket = Exclude<Packet, UnknownPacket>

const MAX_INT64 = 2n ** 63n - 1n

/** An int64 as the codec hands it out: a number where that is exact. */
export function toConnectId(value: bigint): ConnectId {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

export const anyInt64: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: MAX_INT64 }),
  fc.bigInt({ min: -(2n ** 63n), max: -1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 49n, MAX_INT64, -(2n ** 63n)),
)

export const anyConnectId = anyInt64.map(toConnectId)

/** Any code point, byte order marks and NUL included, but no lone surrogates: those have no UTF-8. */
export const anyText = fc.string({ unit: 'binary', maxLength: 40 })

export const anyBytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes))

export const anyControlPacket: fc.Arbitrary<ControlPacket> = fc.oneof(
  fc.record({
    type: fc.constant('DIAL_REQ' as const),
    protocol: anyText,
    address: anyText,
    random: anyInt64,
  }),
  fc
    .record({
      type: fc.constant('DIAL_RSP' as const),
      error: anyText,
      connectId: anyConnectId,
      random: anyInt64,
      refused: fc.boolean(),
    })
    .map(({ refused, ...packet }) => (refused ? { ...packet, refused } : packet)),
  fc.record({ type: fc.constant('CLOSE_REQ' as const), connectId: anyConnectId, error: anyText }),
  fc.record({ type: fc.constant('CLOSE_RSP' as const), connectId: anyConnectId, error: anyText }),
  fc.record({ type: fc.constant('DIAL_CLS' as const), random: anyInt64 }),
  fc.constant({ type: 'DRAIN' as const }),
  fc.record({ type: fc.constant('CREDIT' as const), connectId: anyConnectId, bytes: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('HALF_CLOSE' as const), connectId: anyConnectId }),
)

export const anyDataPacket: fc.Arbitrary<DataPacket> = fc
  .record({ connectId: anyConnectId, bytes: anyBytes(1, 300) })
  .map(({ connectId, bytes }) => ({ type: 'DATA', connectId, chunks: [bytes], length: bytes.length }))

export const anyPacket: fc.Arbitrary<KnownPacket> = fc.oneof(
  { arbitrary: anyControlPacket, weight: 3 },
  { arbitrary: anyDataPacket, weight: 1 },
)

/** The encoding of one message, without gRPC's prefix. */
export function encodeAny(packet: KnownPacket): Buffer {
  if (packet.type !== 'DATA') return encodePacket(packet)
  const framed = packet.unknown
    ? frameDataWithUnknown(packet.connectId, packet.chunks, packet.unknown)
    : Buffer.concat([frameDataHead(packet.connectId, packet.length), ...packet.chunks])
  return framed.subarray(GRPC_PREFIX_BYTES)
}

/** A packet to compare with another: the pieces of DATA joined, so that only the bytes count. */
export function comparable(packet: Packet): unknown {
  return packet.type === 'DATA' ? { ...packet, chunks: Buffer.concat(packet.chunks).toString('hex') } : packet
}

/** Cuts a message at the given places, as a network would. */
export function split(message: Buffer, cuts: readonly number[]): Buffer[] {
  const bounds = [0, ...cuts.map((cut) => cut % (message.length + 1)).sort((a, b) => a - b), message.length]
  return bounds.slice(1).map((end, index) => message.subarray(bounds[index], end))
}

export const anyCuts = fc.array(fc.nat({ max: 5000 }), { maxLength: 12 })

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

/** A varint, padded with zero groups to at least `minLength` bytes. */
export function varint(value: bigint, minLength = 1): Buffer {
  const bytes: number[] = []
  for (let rest = BigInt.asUintN(64, value); rest > 0n || bytes.length < minLength; rest >>= 7n) {
    bytes.push(Number(rest & 127n) | 128)
  }
  bytes.push((bytes.pop() ?? 0) & 127)
  return Buffer.from(bytes)
}

/** A length-delimited field. */
export function bytesField(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(value.length)), value])
}
