import {
  type ConnectId,
  type ControlPacket,
  PACKET_TYPES,
  type PacketTypeName,
  type UnknownFields,
} from './packet.ts'
import { LONGEST_VARINT_BYTES, unsigned64, varintLength, writeVarint } from './varint.ts'

/** gRPC's length prefix: one byte that says "not compressed", four of length. */
export const GRPC_PREFIX_BYTES = 5

const PAYLOAD_FIELD: Readonly<Record<PacketTypeName, number>> = {
  DIAL_REQ: 2,
  DIAL_RSP: 3,
  DATA: 4,
  CLOSE_REQ: 5,
  CLOSE_RSP: 6,
  DIAL_CLS: 7,
  DRAIN: 8,
  CREDIT: 64,
  HALF_CLOSE: 65,
}

const SCRATCH_BYTES = 1024
/** More scratch than that is given back. */
const MOST_KEPT_BYTES = 64 * 1024

/**
 * Puts fields together before their length is known. Encoding never waits, so one of them serves all packets.
 *
 * Invariant: what was written is valid until the next `restart`.
 */
class FieldWriter {
  #bytes = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  restart(): void {
    this.#length = 0
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  }

  string(field: number, value: string): void {
    if (value === '') return
    const length = Buffer.byteLength(value)
    this.#reserve(length)
    this.#varint(field * 8 + 2)
    this.#varint(length)
    this.#length += this.#bytes.write(value, this.#length)
  }

  bytes(field: number, chunks: readonly Buffer[]): void {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#reserve(length)
    this.#varint(field * 8 + 2)
    this.#varint(length)
    for (const chunk of chunks) this.#length += chunk.copy(this.#bytes, this.#length)
  }

  int64(field: number, value: number | bigint): void {
    this.varint(field, unsigned64(value))
  }

  /** Left out when it is zero, as proto3 says. */
  varint(field: number, value: number | bigint): void {
    if (value === 0 || value === 0n) return
    this.#reserve(0)
    this.#varint(field * 8)
    this.#varint(value)
  }

  raw(bytes: Buffer | undefined): void {
    if (!bytes) return
    this.#reserve(bytes.length)
    this.#length += bytes.copy(this.#bytes, this.#length)
  }

  copyTo(target: Buffer, position: number): void {
    this.#bytes.copy(target, position, 0, this.#length)
  }

  #varint(value: number | bigint): void {
    this.#length = writeVarint(this.#bytes, this.#length, value)
  }

  /** Makes room for `length` bytes and two varints before them. */
  #reserve(length: number): void {
    const wanted = this.#length + length + 2 * LONGEST_VARINT_BYTES
    if (wanted <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * wanted)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

const payload = new FieldWriter()

/** Encodes a packet as Go does: ascending tags, defaults left out, what is unknown last. */
export function encodePacket(packet: ControlPacket): Buffer {
  return frameControlPacket(packet).subarray(GRPC_PREFIX_BYTES)
}

/** An encoded packet with gRPC's length prefix, ready to be written to a stream. */
export function frameControlPacket(packet: ControlPacket): Buffer {
  payload.restart()
  writePayload(packet)
  return framePayload(packet.type, packet.unknown)
}

/** Frames what is in `payload`, with what is unknown behind it. */
function framePayload(typeName: PacketTypeName, unknown: UnknownFields | undefined): Buffer {
  payload.raw(unknown?.payload)
  const type = PACKET_TYPES[typeName]
  const tag = PAYLOAD_FIELD[typeName] * 8 + 2
  const typeLength = type === 0 ? 0 : 1 + varintLength(type)
  const headLength = typeLength + varintLength(tag) + varintLength(payload.length)
  const messageLength = headLength + payload.length + (unknown?.packet?.length ?? 0)

  const framed = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + messageLength)
  framed[0] = 0
  framed.writeUInt32BE(messageLength, 1)
  let position = GRPC_PREFIX_BYTES
  if (type !== 0) {
    framed[position++] = 0x08
    position = writeVarint(framed, position, type)
  }
  position = writeVarint(framed, position, tag)
  position = writeVarint(framed, position, payload.length)
  payload.copyTo(framed, position)
  unknown?.packet?.copy(framed, position + payload.length)
  return framed
}

/**
 * Everything of a DATA packet that goes before its bytes, length prefix included: the bytes themselves are written
 * behind it without being copied.
 */
export function frameDataHead(connectId: ConnectId, length: number): Buffer {
  return frameDataStart(connectId, length, 0).framed
}

/** A whole DATA packet in one piece, length prefix included: for few bytes a copy costs less than a second write. */
export function frameSmallData(connectId: ConnectId, chunks: readonly Buffer[], length: number): Buffer {
  const { framed, headLength } = frameDataStart(connectId, length, length)
  let position = headLength
  for (const chunk of chunks) position += chunk.copy(framed, position)
  return framed
}

/** Everything before the bytes, with `room` behind it. */
function frameDataStart(
  connectId: ConnectId,
  length: number,
  room: number,
): { readonly framed: Buffer; readonly headLength: number } {
  const id = unsigned64(connectId)
  const idBytes = id === 0 ? 0 : 1 + varintLength(id)
  const payloadLength = idBytes + 1 + varintLength(length) + length
  const headLength = 3 + varintLength(payloadLength) + idBytes + 1 + varintLength(length)
  const framed = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + headLength + room)
  framed[0] = 0
  framed.writeUInt32BE(headLength + length, 1)
  let position = GRPC_PREFIX_BYTES
  framed[position++] = 0x08
  framed[position++] = PACKET_TYPES.DATA
  framed[position++] = 0x22
  position = writeVarint(framed, position, payloadLength)
  if (idBytes > 0) {
    framed[position++] = 0x08
    position = writeVarint(framed, position, id)
  }
  framed[position++] = 0x1a
  return { framed, headLength: writeVarint(framed, position, length) }
}

/** A whole DATA packet that carries unknown fields, length prefix included. */
export function frameDataWithUnknown(
  connectId: ConnectId,
  chunks: readonly Buffer[],
  unknown: UnknownFields,
): Buffer {
  payload.restart()
  payload.int64(1, connectId)
  payload.bytes(3, chunks)
  return framePayload('DATA', unknown)
}

function writePayload(packet: ControlPacket): void {
  switch (packet.type) {
    case 'DIAL_REQ':
      payload.string(1, packet.protocol)
      payload.string(2, packet.address)
      payload.int64(3, packet.random)
      return
    case 'DIAL_RSP':
      payload.string(1, packet.error)
      payload.int64(2, packet.connectId)
      payload.int64(3, packet.random)
      payload.varint(64, packet.refused ? 1 : 0)
      return
    case 'CLOSE_REQ':
      payload.int64(1, packet.connectId)
      payload.string(64, packet.error)
      return
    case 'CLOSE_RSP':
      payload.string(1, packet.error)
      payload.int64(2, packet.connectId)
      return
    case 'DIAL_CLS':
      payload.int64(1, packet.random)
      return
    case 'DRAIN':
      return
    case 'CREDIT':
      payload.int64(1, packet.connectId)
      payload.varint(2, packet.bytes)
      return
    case 'HALF_CLOSE':
      payload.int64(1, packet.connectId)
      return
    default:
      throw new Error(`unhandled packet ${packet satisfies never}`)
  }
}
