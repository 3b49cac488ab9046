import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { sortedNames } from './members.ts'
import { type MessagePlan, planOf, type ValuePlan, type WireField } from './message-plan.ts'
import { FIXED64, LENGTH_DELIMITED, VARINT } from './protobuf-reader.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import { parseTime } from './time.ts'

const MAP_KEY = 1
const MAP_VALUE = 2
/** `allows` of a JSONSchemaPropsOrBool is true also beside a schema. */
const IMPLIED_WITH_SCHEMA: JsonObject = { allows: true }

/** A normalised value of a built-in type, byte for byte as Go writes it (schema/README.md has the rules). */
export function encodeMessage(typeId: string, object: JsonObject): Buffer {
  const writer = new ProtobufWriter()
  writeFields(writer, planOf(typeId), object)
  return writer.finish()
}

function writeFields(writer: ProtobufWriter, plan: MessagePlan, object: JsonObject): void {
  const { wireFields } = plan
  for (let i = wireFields.length - 1; i >= 0; i--) {
    const each = wireFields[i] as WireField
    if (each.inline) {
      const before = writer.length
      writeFields(writer, each.inline, object)
      prefixLength(writer, each.field.number, before)
    } else {
      writeField(writer, each, object[each.field.name])
    }
  }
}

function writeField(
  writer: ProtobufWriter,
  { field, value: plan }: WireField,
  value: JsonValue | undefined,
): void {
  const absent = value === undefined || value === null
  if (absent && !field.alwaysWritten) return
  if (plan.kind === 'list') writeList(writer, field.number, plan.element, value as readonly JsonValue[])
  else if (plan.kind === 'map') writeMap(writer, field.number, plan.value, value as JsonObject)
  else writeValue(writer, field.number, plan, absent ? undefined : value)
}

function writeList(
  writer: ProtobufWriter,
  number: number,
  element: ValuePlan,
  list: readonly JsonValue[],
): void {
  for (let i = list.length - 1; i >= 0; i--) writeValue(writer, number, element, list[i] ?? undefined)
}

function writeMap(writer: ProtobufWriter, number: number, plan: ValuePlan, map: JsonObject): void {
  const names = sortedNames(map)
  for (let i = names.length - 1; i >= 0; i--) {
    const name = names[i] as string
    const before = writer.length
    writeValue(writer, MAP_VALUE, plan, map[name] ?? undefined)
    writeText(writer, MAP_KEY, name)
    prefixLength(writer, number, before)
  }
}

/** A value with its tag. Undefined is written as Go's zero. */
function writeValue(
  writer: ProtobufWriter,
  number: number,
  plan: ValuePlan,
  value: JsonValue | undefined,
): void {
  switch (plan.kind) {
    case 'string':
      writeText(writer, number, (value ?? '') as string)
      return
    case 'int32':
    case 'int64':
      writeInteger(writer, number, (value ?? 0) as number)
      return
    case 'bool':
      writeInteger(writer, number, value === true ? 1 : 0)
      return
    case 'double':
      writer.double((value ?? 0) as number)
      writer.tag(number, FIXED64)
      return
    case 'list':
    case 'map':
      throw new Error('protobuf has no lists of lists or maps')
    case 'any':
      throw new Error('a value of any type has no form in protobuf')
    default: {
      const before = writer.length
      writeContent(writer, plan, value)
      prefixLength(writer, number, before)
    }
  }
}

/** Of what is written with its length. */
function writeContent(writer: ProtobufWriter, plan: ValuePlan, value: JsonValue | undefined): void {
  switch (plan.kind) {
    case 'bytes':
      writer.base64((value ?? '') as string)
      return
    case 'quantity':
      writeText(writer, 1, (value ?? '0') as string)
      return
    case 'intOrString':
      writeText(writer, 3, typeof value === 'string' ? value : '')
      writeInteger(writer, 2, typeof value === 'number' ? value : 0)
      writeInteger(writer, 1, typeof value === 'string' ? 1 : 0)
      return
    case 'time':
    case 'microTime':
      if (value !== undefined) writeTimestamp(writer, value as string, plan.kind === 'microTime')
      return
    case 'rawExtension':
    case 'fieldsV1':
    case 'json':
      if (value !== undefined && value !== null) writeText(writer, 1, JSON.stringify(value))
      return
    case 'message':
      writeMessage(writer, plan.plan, value)
  }
}

function writeMessage(writer: ProtobufWriter, plan: MessagePlan, value: JsonValue | undefined): void {
  switch (plan.form) {
    case 'object':
      writeFields(writer, plan, (value ?? {}) as JsonObject)
      return
    case 'list':
      writeFields(writer, plan, { [plan.wireFields[0]?.field.name ?? '']: value })
      return
    case 'union':
      writeFields(writer, plan, unionFields(plan, value))
  }
}

function unionFields(plan: MessagePlan, value: JsonValue | undefined): JsonObject {
  if (value === undefined) return {}
  if (isJsonObject(value)) return { schema: value, ...IMPLIED_WITH_SCHEMA }
  const other = plan.wireFields.find(({ field }) => field.name !== 'schema')
  return { [other?.field.name ?? '']: value }
}

function writeTimestamp(writer: ProtobufWriter, text: string, micro: boolean): void {
  const { seconds, nanoseconds } = parseTime(text, micro)
  writeInteger(writer, 2, micro ? nanoseconds : 0)
  writeInteger(writer, 1, seconds)
}

function writeInteger(writer: ProtobufWriter, number: number, value: number): void {
  writer.integer(value)
  writer.tag(number, VARINT)
}

function writeText(writer: ProtobufWriter, number: number, text: string): void {
  const before = writer.length
  writer.text(text)
  prefixLength(writer, number, before)
}

/** Makes what was written since then the value of a field. */
function prefixLength(writer: ProtobufWriter, number: number, before: number): void {
  writer.varint(writer.length - before)
  writer.tag(number, LENGTH_DELIMITED)
}
