import {
  type ConnectId,
  type DataPacket,
  PACKET_TYPES,
  type Packet,
  type PacketTypeName,
  type UnknownFields,
} from './packet.ts'
import { ProtoReader, WIRE_BYTES, WIRE_VARINT } from './proto-reader.ts'
import { ProtocolError } from './protocol-error.ts'

const NAME_BY_NUMBER = new Map<number, PacketTypeName>(
  Object.entries(PACKET_TYPES).map(([name, number]) => [number, name as PacketTypeName]),
)

/** Which packet type goes with which field of the `payload` oneof. */
const TYPE_BY_PAYLOAD_FIELD = new Map<number, PacketTypeName>([
  [2, 'DIAL_REQ'],
  [3, 'DIAL_RSP'],
  [4, 'DATA'],
  [5, 'CLOSE_REQ'],
  [6, 'CLOSE_RSP'],
  [7, 'DIAL_CLS'],
  [8, 'DRAIN'],
  [64, 'CREDIT'],
  [65, 'HALF_CLOSE'],
])

const NOTHING = Buffer.alloc(0)
const NO_UNKNOWN = {}

/** The longest that everything before the bytes of a canonical DATA can be: three tags, two lengths, one id. */
const LONGEST_DATA_HEAD = 24
const TAG_TYPE = 0x08
const TAG_DATA = 0x22
const TAG_CONNECT_ID = 0x08
const TAG_BYTES = 0x1a

/** `checked` is a string that nobody reads: passed on with what is unknown, but only when Go's decoder would take it. */
type FieldKind = 'string' | 'connectId' | 'bigint' | 'bytes' | 'bool' | 'count' | 'checked'
type FieldTable = ReadonlyMap<number, readonly [name: keyof PayloadValues, kind: FieldKind]>

/** The known fields of each payload; all else is kept as it came. */
const PAYLOAD_FIELDS: Readonly<Record<PacketTypeName, FieldTable>> = {
  DIAL_REQ: new Map([
    [1, ['protocol', 'string']],
    [2, ['address', 'string']],
    [3, ['random', 'bigint']],
  ]),
  DIAL_RSP: new Map([
    [1, ['error', 'string']],
    [2, ['connectId', 'connectId']],
    [3, ['random', 'bigint']],
    [64, ['refused', 'bool']],
  ]),
  DATA: new Map([
    [1, ['connectId', 'connectId']],
    [2, ['error', 'checked']],
    [3, ['data', 'bytes']],
  ]),
  CLOSE_REQ: new Map([
    [1, ['connectId', 'connectId']],
    [64, ['error', 'string']],
  ]),
  CLOSE_RSP: new Map([
    [1, ['error', 'string']],
    [2, ['connectId', 'connectId']],
  ]),
  DIAL_CLS: new Map([[1, ['random', 'bigint']]]),
  DRAIN: new Map(),
  CREDIT: new Map([
    [1, ['connectId', 'connectId']],
    [2, ['bytes', 'count']],
  ]),
  HALF_CLOSE: new Map([[1, ['connectId', 'connectId']]]),
}

const WIRE_TYPE_OF_KIND: Readonly<Record<FieldKind, number>> = {
  string: WIRE_BYTES,
  checked: WIRE_BYTES,
  bytes: WIRE_BYTES,
  connectId: WIRE_VARINT,
  bigint: WIRE_VARINT,
  bool: WIRE_VARINT,
  count: WIRE_VARINT,
}

/** What a payload holds before any field was read: proto3's defaults. */
interface PayloadValues {
  protocol: string
  address: string
  error: string
  random: bigint
  connectId: ConnectId
  refused: boolean
  bytes: number
  data: Buffer
}

/**
 * Decodes one message, given in the pieces that it arrived in. A packet whose payload does not match its type is an
 * error: Go peers crash on it, so it is never passed on.
 *
 * @throws ProtocolError when the message is not a Packet, or its payload is missing or not its type's
 */
export function decodePacket(message: readonly Buffer[]): Packet {
  return decodeCanonicalData(message) ?? decodeAnyPacket(contiguous(message))
}

/**
 * The hot path: reads nothing but the head of a DATA packet that is encoded the way every known peer encodes it. The
 * lengths in the head must add up to the message's own, so nothing can follow the bytes (a second sub-message would be
 * merged into the first and could name another connection).
 */
function decodeCanonicalData(message: readonly Buffer[]): DataPacket | undefined {
  const first = message[0]
  if (!first) return undefined
  const total = totalLength(message)
  const head =
    first.length >= LONGEST_DATA_HEAD || message.length === 1
      ? first
      : Buffer.concat(message, Math.min(total, LONGEST_DATA_HEAD))
  if (head.length < 8) return undefined
  if (head[0] !== TAG_TYPE || head[1] !== PACKET_TYPES.DATA || head[2] !== TAG_DATA) return undefined
  const cursor = { head, position: 3 }
  if (shortVarint(cursor) !== total - cursor.position) return undefined
  if (head[cursor.position++] !== TAG_CONNECT_ID) return undefined
  const connectId = shortVarint(cursor)
  if (connectId === undefined || head[cursor.position++] !== TAG_BYTES) return undefined
  const length = shortVarint(cursor)
  if (length !== total - cursor.position) return undefined
  return { type: 'DATA', connectId, chunks: dropFront(message, cursor.position), length }
}

/** A varint of up to 49 bits, minimally encoded; undefined is no error, only not this path's business. */
function shortVarint(cursor: { readonly head: Buffer; position: number }): number | undefined {
  let value = 0
  let scale = 1
  for (let index = 0; index < 7; index++) {
    const byte = cursor.head[cursor.position++]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return byte === 0 && index > 0 ? undefined : value
    scale *= 128
  }
  return undefined
}

function decodeAnyPacket(buffer: Buffer): Packet {
  const reader = new ProtoReader(buffer)
  const unknown = new Slices(buffer)
  let typeNumber: number = PACKET_TYPES.DIAL_REQ
  let payloadType: PacketTypeName | undefined
  let payload = new Slices(buffer)
  while (!reader.done) {
    const start = reader.position
    const { field, wireType } = reader.tag()
    const candidate = wireType === WIRE_BYTES ? TYPE_BY_PAYLOAD_FIELD.get(field) : undefined
    if (field === 1 && wireType === WIRE_VARINT) {
      typeNumber = reader.int32()
    } else if (candidate) {
      // Of a oneof the last member counts, and a member that comes in parts is the parts joined.
      if (candidate !== payloadType) payload = new Slices(buffer)
      payloadType = candidate
      const { start: from, end } = reader.span()
      payload.add(from, end)
    } else {
      reader.skip(field, wireType)
      unknown.add(start, reader.position)
    }
  }

  const type = NAME_BY_NUMBER.get(typeNumber)
  if (!type) return { type: 'UNKNOWN', typeNumber }
  if (type !== payloadType) {
    throw new ProtocolError(`malformed packet: type ${type} with ${payloadType ?? 'no'} payload`)
  }
  return buildPacket(type, payload.join(), unknown.join())
}

function buildPacket(type: PacketTypeName, payload: Buffer, unknownInPacket: Buffer): Packet {
  const { values, unknown: unknownInPayload } = readPayload(type, payload)
  const unknown = unknownFields(unknownInPacket, unknownInPayload)
  const { connectId, error, random } = values
  switch (type) {
    case 'DIAL_REQ':
      return { type, protocol: values.protocol, address: values.address, random, ...unknown }
    case 'DIAL_RSP':
      return { type, error, connectId, random, ...(values.refused ? { refused: true } : {}), ...unknown }
    case 'DATA':
      return { type, connectId, chunks: [values.data], length: values.data.length, ...unknown }
    case 'CLOSE_REQ':
    case 'CLOSE_RSP':
      return { type, connectId, error, ...unknown }
    case 'DIAL_CLS':
      return { type, random, ...unknown }
    case 'DRAIN':
      return { type, ...unknown }
    case 'CREDIT':
      return { type, connectId, bytes: values.bytes, ...unknown }
    case 'HALF_CLOSE':
      return { type, connectId, ...unknown }
    default:
      throw new Error(`unhandled packet type ${type satisfies never}`)
  }
}

function readPayload(type: PacketTypeName, payload: Buffer): { values: PayloadValues; unknown: Buffer } {
  const fields = PAYLOAD_FIELDS[type]
  const values: PayloadValues = {
    protocol: '',
    address: '',
    error: '',
    random: 0n,
    connectId: 0,
    refused: false,
    bytes: 0,
    data: NOTHING,
  }
  const unknown = new Slices(payload)
  const reader = new ProtoReader(payload)
  while (!reader.done) {
    const start = reader.position
    const { field, wireType } = reader.tag()
    const known = fields.get(field)
    if (known && wireType === WIRE_TYPE_OF_KIND[known[1]]) {
      const value = readField(reader, payload, known[1])
      if (known[1] === 'checked') unknown.add(start, reader.position)
      else (values as Record<keyof PayloadValues, unknown>)[known[0]] = value
    } else {
      reader.skip(field, wireType)
      unknown.add(start, reader.position)
    }
  }
  return { values, unknown: unknown.join() }
}

function readField(reader: ProtoReader, payload: Buffer, kind: FieldKind): unknown {
  switch (kind) {
    case 'string':
    case 'checked':
      return reader.string()
    case 'connectId':
      return reader.int64()
    case 'bigint':
      return reader.int64AsBigInt()
    case 'bool':
      return reader.varint() !== 0
    case 'count': {
      const count = reader.int64()
      if (typeof count !== 'number' || count < 0) {
        throw new ProtocolError('malformed packet: a byte count is out of range')
      }
      return count
    }
    case 'bytes': {
      const { start, end } = reader.span()
      return payload.subarray(start, end)
    }
    default:
      throw new Error(`unhandled field kind ${kind satisfies never}`)
  }
}

/**
 * Parts of a buffer to be joined. Kept as positions: a hostile message has two million fields, and a Buffer for each
 * would cost a hundred times the message.
 */
class Slices {
  readonly #buffer: Buffer
  /** Starts and ends in turns; parts that touch are one. */
  readonly #bounds: number[] = []
  #length = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  add(start: number, end: number): void {
    if (start === end) return
    this.#length += end - start
    if (this.#bounds.at(-1) === start) this.#bounds[this.#bounds.length - 1] = end
    else this.#bounds.push(start, end)
  }

  /** The parts as one; copied only when there are several. */
  join(): Buffer {
    if (this.#length === 0) return NOTHING
    if (this.#bounds.length === 2) return this.#buffer.subarray(this.#bounds[0], this.#bounds[1])
    const joined = Buffer.allocUnsafeSlow(this.#length)
    let position = 0
    for (let index = 0; index < this.#bounds.length; index += 2) {
      position += this.#buffer.copy(joined, position, this.#bounds[index], this.#bounds[index + 1])
    }
    return joined
  }
}

function unknownFields(packet: Buffer, payload: Buffer): { unknown?: UnknownFields } {
  if (packet.length === 0 && payload.length === 0) return NO_UNKNOWN
  return {
    unknown: { ...(packet.length > 0 ? { packet } : {}), ...(payload.length > 0 ? { payload } : {}) },
  }
}

function totalLength(message: readonly Buffer[]): number {
  let total = 0
  for (const chunk of message) total += chunk.length
  return total
}

function contiguous(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

function dropFront(chunks: readonly Buffer[], bytes: number): Buffer[] {
  const kept: Buffer[] = []
  let toDrop = bytes
  for (const chunk of chunks) {
    if (toDrop >= chunk.length) {
      toDrop -= chunk.length
    } else {
      kept.push(toDrop > 0 ? chunk.subarray(toDrop) : chunk)
      toDrop = 0
    }
  }
  return kept
}
