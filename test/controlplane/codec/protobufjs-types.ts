import protobuf from 'protobufjs'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/controlplane/api/json.ts'
import { builtinType, builtinTypeIds, fieldsOf } from '../../../src/controlplane/schema/builtin-types.ts'
import type { Field, FieldType } from '../../../src/controlplane/schema/type-facts.ts'

type Wire = Record<string, unknown>

const WELL_KNOWN: Record<string, readonly [name: string, type: string][]> = {
  Quantity: [['f1', 'string']],
  IntOrString: [
    ['f1', 'int64'],
    ['f2', 'int32'],
    ['f3', 'string'],
  ],
  Timestamp: [
    ['f1', 'int64'],
    ['f2', 'int32'],
  ],
  Raw: [['f1', 'bytes']],
}

const NAME_OF_WELL_KNOWN = {
  quantity: 'Quantity',
  intOrString: 'IntOrString',
  time: 'Timestamp',
  microTime: 'Timestamp',
  rawExtension: 'Raw',
  fieldsV1: 'Raw',
  json: 'Raw',
  any: 'Raw',
} as const

/** The table's types as another implementation of protobuf sees them. Fields are named after their numbers. */
export function protobufjsRoot(): protobuf.Root {
  const root = new protobuf.Root()
  for (const [name, fields] of Object.entries(WELL_KNOWN)) {
    const type = new protobuf.Type(name)
    fields.forEach(([field, of], i) => {
      type.add(new protobuf.Field(field, i + 1, of))
    })
    root.add(type)
  }
  for (const id of builtinTypeIds()) {
    const type = new protobuf.Type(messageName(id))
    for (const { number, type: of } of fieldsOf(id)) {
      const name = `f${number}`
      if (number === 0) continue
      if (of.kind === 'map') type.add(new protobuf.MapField(name, number, 'string', typeName(of.value)))
      else if (of.kind !== 'list') type.add(new protobuf.Field(name, number, typeName(of)))
      else {
        const packed = { packed: false }
        type.add(new protobuf.Field(name, number, typeName(of.element), 'repeated', undefined, packed))
      }
    }
    root.add(type)
  }
  root.resolveAll()
  return root
}

export function messageName(typeId: string): string {
  return typeId.replace(/[^A-Za-z0-9]/g, '_')
}

function typeName(type: FieldType): string {
  if (type.kind === 'message') return messageName(type.id)
  if (type.kind === 'wellKnown') return NAME_OF_WELL_KNOWN[type.name]
  if (type.kind === 'scalar') return type.name
  throw new Error('protobuf has no lists of lists')
}

/** What a normalised object looks like in protobufjs' own objects, by the rules of schema/README.md. */
export function toWire(typeId: string, object: JsonObject): Wire {
  const wire: Wire = {}
  for (const field of fieldsOf(typeId)) {
    if (field.number === 0) continue
    const value = fieldToWire(field, object)
    if (value !== undefined) wire[`f${field.number}`] = value
  }
  return wire
}

function fieldToWire(field: Field, object: JsonObject): unknown {
  const { type } = field
  if (field.inline && type.kind === 'message') return toWire(type.id, object)
  const value = Object.hasOwn(object, field.name) ? (object[field.name] ?? undefined) : undefined
  if (value === undefined && !field.alwaysWritten) return undefined
  if (type.kind === 'list') return (value as JsonValue[]).map((each) => valueToWire(type.element, each))
  if (type.kind !== 'map') return valueToWire(type, value)
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, each]) => [name, valueToWire(type.value, each)]),
  )
}

function valueToWire(type: FieldType, value: JsonValue | undefined): unknown {
  if (type.kind === 'message') return messageToWire(type.id, value ?? undefined)
  if (type.kind === 'scalar') {
    if (type.name === 'string' || type.name === 'bytes') return value ?? ''
    return value ?? (type.name === 'bool' ? false : 0)
  }
  if (type.kind !== 'wellKnown') throw new Error('protobuf has no lists of lists')
  switch (type.name) {
    case 'quantity':
      return { f1: value ?? '0' }
    case 'intOrString':
      return typeof value === 'string' ? { f1: 1, f2: 0, f3: value } : { f1: 0, f2: value ?? 0, f3: '' }
    case 'time':
    case 'microTime': {
      if (typeof value !== 'string') return {}
      const f2 = type.name === 'time' ? 0 : Number(value.slice(-7, -1)) * 1000
      return { f1: Math.floor(Date.parse(value) / 1000), f2 }
    }
    default:
      return value === undefined || value === null
        ? {}
        : { f1: Buffer.from(JSON.stringify(value)).toString('base64') }
  }
}

function messageToWire(id: string, value: JsonValue | undefined): Wire {
  const { form, fields } = builtinType(id)
  if (form === 'object') return toWire(id, (value ?? {}) as JsonObject)
  if (value === undefined) return {}
  const fieldNamed = (name: string) => fields.find((each) => each.name === name)
  const other = fields.find(({ name }) => name !== 'schema')
  const schema = fieldNamed('schema')
  if (isJsonObject(value) && schema) {
    const allows = fieldNamed('allows') ? { [`f${fieldNamed('allows')?.number}`]: true } : {}
    return { ...allows, [`f${schema.number}`]: valueToWire(schema.type, value) }
  }
  if (!other) throw new Error(`${id} has no other field`)
  return { [`f${other.number}`]: fieldToWire(other, { [other.name]: value }) }
}
