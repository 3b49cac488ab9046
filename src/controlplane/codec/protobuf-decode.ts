import type { JsonObject, JsonValue } from '../api/json.ts'
import { plainJson } from './json-number.ts'
import { MalformedBody } from './malformed-body.ts'
import { type Members, put } from './members.ts'
import {
  type FieldValues,
  type MessagePlan,
  planOf,
  type ValuePlan,
  type WireField,
  zeroOf,
} from './message-plan.ts'
import { parseJson } from './parse-json.ts'
import { FIXED64, LENGTH_DELIMITED, ProtobufReader, unexpectedEnd, VARINT } from './protobuf-reader.ts'
import { canonicalQuantity } from './quantity.ts'
import { MAX_DEPTH } from './strict-json.ts'
import { writeTime } from './time.ts'

/** A level is a list and an object in JSON, which are within the bound on JSON then. */
const MAX_MESSAGE_DEPTH = MAX_DEPTH / 2 - 1

/**
 * A message of a built-in type as the normalised JSON that stands for it. Where a field that is no list stands again, the last one
 * counts, while Go would merge both; no encoder writes such.
 *
 * @throws MalformedBody
 */
export function decodeMessage(typeId: string, bytes: Buffer): JsonObject {
  const reader = new ProtobufReader(bytes)
  return readObject(reader, reader.length, planOf(typeId), 0)
}

/** The values of a message's fields: of an inline message's, too, from its place on. */
function readFields(
  reader: ProtobufReader,
  end: number,
  plan: MessagePlan,
  values: FieldValues,
  offset: number,
  depth: number,
): void {
  if (depth > MAX_MESSAGE_DEPTH) throw new MalformedBody('exceeded max depth')
  const { wireByNumber } = plan
  while (reader.at < end) {
    const tag = reader.varint()
    const number = tag >>> 3
    const wireType = tag & 7
    if (number === 0) throw new MalformedBody(`proto: ${plan.goName}: illegal tag 0 (wire type ${wireType})`)
    const each = wireByNumber[number]
    if (!each) reader.skip(wireType, end)
    else if (each.inline) {
      requireWireType(LENGTH_DELIMITED, wireType, each)
      readFields(reader, reader.enter(end), each.inline, values, offset + each.index, depth + 1)
    } else readField(reader, end, wireType, each, values, offset + each.index, depth)
  }
  if (reader.at > end) throw unexpectedEnd()
}

function readField(
  reader: ProtobufReader,
  end: number,
  wireType: number,
  each: WireField,
  values: FieldValues,
  index: number,
  depth: number,
): void {
  const { value: plan } = each
  if (plan.kind === 'list') {
    values[index] ??= []
    readElements(reader, end, wireType, each, plan.element, values[index] as JsonValue[], depth)
  } else if (plan.kind === 'map') {
    requireWireType(LENGTH_DELIMITED, wireType, each)
    values[index] ??= {}
    readEntry(reader, reader.enter(end), plan.value, values[index] as Members<JsonValue>, depth + 1)
  } else {
    requireWireType(wireTypeOf(plan), wireType, each)
    values[index] = readValue(reader, end, plan, depth)
  }
}

/** Go writes numbers one by one, but takes them packed as well. */
function readElements(
  reader: ProtobufReader,
  end: number,
  wireType: number,
  each: WireField,
  plan: ValuePlan,
  list: JsonValue[],
  depth: number,
): void {
  const expected = wireTypeOf(plan)
  if (wireType !== LENGTH_DELIMITED || expected === LENGTH_DELIMITED) {
    requireWireType(expected, wireType, each)
    list.push(readValue(reader, end, plan, depth) ?? zeroOf(plan))
    return
  }
  const packedEnd = reader.enter(end)
  while (reader.at < packedEnd) list.push(readValue(reader, packedEnd, plan, depth) ?? zeroOf(plan))
  if (reader.at > packedEnd) throw unexpectedEnd()
}

function readEntry(
  reader: ProtobufReader,
  end: number,
  plan: ValuePlan,
  map: Members<JsonValue>,
  depth: number,
): void {
  let name = ''
  let value: JsonValue | undefined
  while (reader.at < end) {
    const tag = reader.varint()
    const wireType = tag & 7
    if (tag >>> 3 === 1 && wireType === LENGTH_DELIMITED) name = reader.text(reader.enter(end))
    else if (tag >>> 3 === 2 && wireType === wireTypeOf(plan)) value = readValue(reader, end, plan, depth)
    else reader.skip(wireType, end)
  }
  if (reader.at > end) throw unexpectedEnd()
  put(map, name, value ?? zeroOf(plan))
}

/** Undefined for Go's nil, and for what JSON has no value for. */
function readValue(
  reader: ProtobufReader,
  end: number,
  plan: ValuePlan,
  depth: number,
): JsonValue | undefined {
  switch (plan.kind) {
    case 'int32':
      return reader.int32()
    case 'int64':
      return reader.int64()
    case 'bool':
      return reader.int64() !== 0
    case 'double':
      return finite(reader.double())
    default:
      return readContent(reader, reader.enter(end), plan, depth)
  }
}

function readContent(
  reader: ProtobufReader,
  end: number,
  plan: ValuePlan,
  depth: number,
): JsonValue | undefined {
  switch (plan.kind) {
    case 'string':
      return reader.text(end)
    case 'bytes':
      return reader.bytes(end).toString('base64')
    case 'quantity':
      return canonicalQuantity(readParts(reader, end).texts[1] ?? '')
    case 'intOrString': {
      const { integers, texts } = readParts(reader, end)
      return integers[1] === 1 ? (texts[3] ?? '') : toInt32(integers[2])
    }
    case 'time':
    case 'microTime':
      return readTime(reader, end, plan.kind === 'microTime')
    case 'rawExtension':
    case 'fieldsV1':
    case 'json':
      return readJson(readParts(reader, end).texts[1], plan, depth)
    case 'message':
      return readMessage(reader, end, plan.plan, depth + 1)
    default:
      throw new MalformedBody(`a value of type ${plan.kind} has no form in protobuf`)
  }
}

function readMessage(
  reader: ProtobufReader,
  end: number,
  plan: MessagePlan,
  depth: number,
): JsonValue | undefined {
  if (plan.form === 'object') return readObject(reader, end, plan, depth)
  const values: FieldValues = []
  readFields(reader, end, plan, values, 0, depth)
  const byName = Object.fromEntries(plan.fields.map(({ name }, index) => [name, values[index]]))
  if (plan.form === 'list') return values[0]
  return byName.schema ?? plan.fields.map(({ name }) => byName[name]).find((each) => each !== undefined)
}

function readObject(reader: ProtobufReader, end: number, plan: MessagePlan, depth: number): JsonObject {
  const values: FieldValues = []
  readFields(reader, end, plan, values, 0, depth)
  return plan.build(values)
}

function readTime(reader: ProtobufReader, end: number, micro: boolean): JsonValue | undefined {
  if (reader.at === end) return undefined
  const [, seconds = 0, nanoseconds = 0] = readParts(reader, end).integers
  if (nanoseconds < 0 || nanoseconds > 999_999_999) throw new MalformedBody('proto: nanoseconds out of range')
  return writeTime({ seconds, nanoseconds: micro ? nanoseconds : 0 }, micro) ?? undefined
}

function readJson(text: string | undefined, plan: ValuePlan, depth: number): JsonValue | undefined {
  if (text === undefined || text === '') return undefined
  const value = plainJson(parseJson(text, { maxDepth: MAX_DEPTH - 2 * depth }).value)
  return value === null && plan.kind !== 'json' ? undefined : value
}

/** Of the small messages of the well-known types. */
function readParts(reader: ProtobufReader, end: number): { integers: number[]; texts: string[] } {
  const integers: number[] = []
  const texts: string[] = []
  while (reader.at < end) {
    const tag = reader.varint()
    const number = tag >>> 3
    if (number > 3) reader.skip(tag & 7, end)
    else if ((tag & 7) === VARINT) integers[number] = reader.int64()
    else if ((tag & 7) === LENGTH_DELIMITED) texts[number] = reader.text(reader.enter(end))
    else reader.skip(tag & 7, end)
  }
  if (reader.at > end) throw unexpectedEnd()
  return { integers, texts }
}

function wireTypeOf({ kind }: ValuePlan): number {
  if (kind === 'double') return FIXED64
  return kind === 'int32' || kind === 'int64' || kind === 'bool' ? VARINT : LENGTH_DELIMITED
}

function requireWireType(expected: number, wireType: number, { field }: WireField): void {
  if (wireType !== expected) {
    throw new MalformedBody(`proto: wrong wireType = ${wireType} for field ${JSON.stringify(field.name)}`)
  }
}

function toInt32(value = 0): number {
  if (value !== (value | 0)) throw new MalformedBody('proto: integer overflow')
  return value
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new MalformedBody(`json: unsupported value: ${value}`)
  return value + 0
}
