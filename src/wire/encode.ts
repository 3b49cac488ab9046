import {
  type ConnectId,
  type ControlPacket,
  PACKET_TYPES,
  type PacketTypeName,
  type UnknownFields,
} from './packet.ts'

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

const NOTHING = Buffer.alloc(0)

/** Encodes a packet as Go does: ascending tags, defaults left out, what is unknown last. */
export function encodePacket(packet: ControlPacket): Buffer {
  const payload = Buffer.concat([encodePayload(packet), packet.unknown?.payload ?? NOTHING])
  return Buffer.concat([
    varintField(1, PACKET_TYPES[packet.type]),
    bytesField(PAYLOAD_FIELD[packet.type], payload),
    packet.unknown?.packet ?? NOTHING,
  ])
}

/** An encoded packet with gRPC's length prefix, ready to be written to a stream. */
export function frameControlPacket(packet: ControlPacket): Buffer {
  const message = encodePacket(packet)
  const framed = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  message.copy(framed, GRPC_PREFIX_BYTES)
  return framed
}

/**
 * Everything of a DATA packet that goes before its bytes, length prefix included: the bytes themselves are written
 * behind it without being copied. `unknown` fields, where there are any, go into `tail`, behind the bytes.
 */
export function frameDataHead(connectId: ConnectId, length: number): Buffer {
  const id =
    typeof connectId === 'number' && connectId >= 0 ? connectId : BigInt.asUintN(64, BigInt(connectId))
  const idBytes = id === 0 ? 0 : 1 + varintLength(id)
  const payloadLength = idBytes + 1 + varintLength(length) + length
  const headLength = 3 + varintLength(payloadLength) + idBytes + 1 + varintLength(length)
  const head = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + headLength)
  head[0] = 0
  head.writeUInt32BE(headLength + length, 1)
  let position = GRPC_PREFIX_BYTES
  head[position++] = 0x08
  head[position++] = PACKET_TYPES.DATA
  head[position++] = 0x22
  position = writeVarint(head, position, payloadLength)
  if (idBytes > 0) {
    head[position++] = 0x08
    position = writeVarint(head, position, id)
  }
  head[position++] = 0x1a
  writeVarint(head, position, length)
  return head
}

/** A whole DATA packet that carries unknown fields: head, bytes and tail, length prefix included. */
export function frameDataWithUnknown(
  connectId: ConnectId,
  chunks: readonly Buffer[],
  unknown: UnknownFields,
): Buffer {
  const bytes = Buffer.concat(chunks)
  const payload = Buffer.concat([int64Field(1, connectId), bytesField(3, bytes), unknown.payload ?? NOTHING])
  const message = Buffer.concat([
    varintField(1, PACKET_TYPES.DATA),
    bytesField(PAYLOAD_FIELD.DATA, payload),
    unknown.packet ?? NOTHING,
  ])
  const prefix = Buffer.alloc(GRPC_PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function encodePayload(packet: ControlPacket): Buffer {
  switch (packet.type) {
    case 'DIAL_REQ':
      return Buffer.concat([
        stringField(1, packet.protocol),
        stringField(2, packet.address),
        int64Field(3, packet.random),
      ])
    case 'DIAL_RSP':
      return Buffer.concat([
        stringField(1, packet.error),
        int64Field(2, packet.connectId),
        int64Field(3, packet.random),
        packet.refused ? varintField(64, 1) : NOTHING,
      ])
    case 'CLOSE_REQ':
      return Buffer.concat([int64Field(1, packet.connectId), stringField(64, packet.error)])
    case 'CLOSE_RSP':
      return Buffer.concat([stringField(1, packet.error), int64Field(2, packet.connectId)])
    case 'DIAL_CLS':
      return int64Field(1, packet.random)
    case 'DRAIN':
      return NOTHING
    case 'CREDIT':
      return Buffer.concat([int64Field(1, packet.connectId), varintField(2, packet.bytes)])
    case 'HALF_CLOSE':
      return int64Field(1, packet.connectId)
    default:
      throw new Error(`unhandled packet ${packet satisfies never}`)
  }
}

function stringField(field: number, value: string): Buffer {
  return value === '' ? NOTHING : bytesField(field, Buffer.from(value, 'utf8'))
}

function bytesField(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value])
}

function int64Field(field: number, value: number | bigint): Buffer {
  return varintField(
    field,
    typeof value === 'number' && value >= 0 ? value : BigInt.asUintN(64, BigInt(value)),
  )
}

/** Left out when it is zero, as proto3 says. */
function varintField(field: number, value: number | bigint): Buffer {
  return value === 0 || value === 0n ? NOTHING : Buffer.concat([varint(field * 8), varint(value)])
}

function varint(value: number | bigint): Buffer {
  const buffer = Buffer.allocUnsafe(varintLength(value))
  writeVarint(buffer, 0, value)
  return buffer
}

function varintLength(value: number | bigint): number {
  let length = 1
  if (typeof value === 'number') {
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  } else {
    for (let rest = value; rest >= 128n; rest >>= 7n) length++
  }
  return length
}

/** Writes a non-negative integer and returns the position behind it. */
function writeVarint(buffer: Buffer, start: number, value: number | bigint): number {
  let position = start
  if (typeof value === 'number') {
    let rest = value
    while (rest >= 128) {
      buffer[position++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    buffer[position++] = rest
    return position
  }
  let rest = value
  while (rest >= 128n) {
    buffer[position++] = Number(rest & 127n) | 128
    rest >>= 7n
  }
  buffer[position++] = Number(rest)
  return position
}
