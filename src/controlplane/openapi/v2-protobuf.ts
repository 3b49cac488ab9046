import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { ProtobufWriter } from '../codec/protobuf-writer.ts'
import { memberOf } from './members.ts'
import { referencedParameter } from './v2-paths.ts'

const VARINT = 0
const DOUBLE = 1
const BYTES = 2
const VENDOR_PREFIX = 'x-'

/** Writes a value as the field of that number; zero values are left out, as in any proto3. */
type FieldWriter = (writer: ProtobufWriter, number: number, value: JsonValue) => void

/** The fields of a message by the names of JSON. Of names that are not here, it has no field. */
interface Message {
  readonly fields: readonly (readonly [name: string, number: number, write: FieldWriter])[]
  /** The number of the field for what begins with `x-`. */
  readonly vendor?: number
}

const text: FieldWriter = (writer, number, value) => {
  if (typeof value === 'string' && value !== '') delimited(writer, number, () => writer.text(value))
}

const flag: FieldWriter = (writer, number, value) => {
  if (value !== true) return
  writer.varint(1)
  writer.tag(number, VARINT)
}

const integer: FieldWriter = (writer, number, value) => {
  if (typeof value !== 'number' || value === 0) return
  writer.integer(Math.trunc(value))
  writer.tag(number, VARINT)
}

const double: FieldWriter = (writer, number, value) => {
  if (typeof value !== 'number' || value === 0) return
  writer.double(value)
  writer.tag(number, DOUBLE)
}

/** Any value is YAML text, of which JSON is a part. */
const any: FieldWriter = (writer, number, value) => {
  delimited(writer, number, () => {
    delimited(writer, 2, () => writer.text(`${JSON.stringify(value)}\n`))
  })
}

function message(fields: () => Message): FieldWriter {
  return (writer, number, value) => {
    if (isJsonObject(value)) delimited(writer, number, () => writeMessage(writer, fields(), value))
  }
}

/** A value that is one of several messages, or lies in a message of its own. */
function wrapped(innerNumber: (value: JsonValue) => number, write: FieldWriter): FieldWriter {
  return (writer, number, value) => {
    delimited(writer, number, () => write(writer, innerNumber(value), value))
  }
}

function repeated(write: FieldWriter): FieldWriter {
  return (writer, number, value) => {
    if (Array.isArray(value)) for (const each of value.toReversed()) write(writer, number, each)
  }
}

/** A message that is a list of names with values, for JSON's objects with any names. */
function named(write: FieldWriter, entriesNumber = 1): FieldWriter {
  return (writer, number, value) => {
    if (!isJsonObject(value)) return
    delimited(writer, number, () => {
      for (const [name, each] of Object.entries(value).reverse())
        if (each !== undefined) writeNamed(writer, entriesNumber, name, each, write)
    })
  }
}

const texts = repeated(text)
const schema = message(() => SCHEMA)

/** gnostic's openapi.v2.Schema; `oneOf` and its like are not in it. */
const SCHEMA: Message = {
  fields: [
    ['$ref', 1, text],
    ['format', 2, text],
    ['title', 3, text],
    ['description', 4, text],
    ['default', 5, any],
    ['multipleOf', 6, double],
    ['maximum', 7, double],
    ['exclusiveMaximum', 8, flag],
    ['minimum', 9, double],
    ['exclusiveMinimum', 10, flag],
    ['maxLength', 11, integer],
    ['minLength', 12, integer],
    ['pattern', 13, text],
    ['maxItems', 14, integer],
    ['minItems', 15, integer],
    ['uniqueItems', 16, flag],
    ['maxProperties', 17, integer],
    ['minProperties', 18, integer],
    ['required', 19, texts],
    ['enum', 20, repeated(any)],
    ['additionalProperties', 21, additionalProperties],
    ['type', 22, wrapped(() => 1, text)],
    ['items', 23, wrapped(() => 1, schema)],
    ['properties', 25, named(schema)],
    ['externalDocs', 29, message(() => EXTERNAL_DOCS)],
    ['example', 30, any],
  ],
  vendor: 31,
}

const EXTERNAL_DOCS: Message = {
  fields: [
    ['description', 1, text],
    ['url', 2, text],
  ],
}

const RESPONSE: Message = {
  fields: [
    ['description', 1, text],
    ['schema', 2, wrapped(() => 1, schema)],
  ],
}

const BODY_PARAMETER: Message = {
  fields: [
    ['description', 1, text],
    ['name', 2, text],
    ['in', 3, text],
    ['required', 4, flag],
    ['schema', 5, schema],
  ],
}

const QUERY_PARAMETER: Message = {
  fields: [
    ['required', 1, flag],
    ['in', 2, text],
    ['description', 3, text],
    ['name', 4, text],
    ['type', 6, text],
    ['uniqueItems', 20, flag],
  ],
}

const PATH_PARAMETER: Message = {
  fields: [
    ['required', 1, flag],
    ['in', 2, text],
    ['description', 3, text],
    ['name', 4, text],
    ['type', 5, text],
    ['uniqueItems', 19, flag],
  ],
}

const REFERENCE: Message = { fields: [['$ref', 1, text]] }

const parameter: FieldWriter = (writer, number, value) => {
  if (!isJsonObject(value)) return
  const place = memberOf(value, 'in')
  delimited(writer, number, () => {
    if (place === 'body') message(() => BODY_PARAMETER)(writer, 1, value)
    else delimited(writer, 2, () => nonBodyParameter(writer, place === 'path', value))
  })
}

const parametersItem: FieldWriter = (writer, number, value) => {
  if (!isJsonObject(value)) return
  const isReference = referencedParameter(value) !== undefined
  delimited(writer, number, () => {
    if (isReference) message(() => REFERENCE)(writer, 2, value)
    else parameter(writer, 1, value)
  })
}

const response: FieldWriter = wrapped(
  () => 1,
  message(() => RESPONSE),
)

const OPERATION: Message = {
  fields: [
    ['tags', 1, texts],
    ['description', 3, text],
    ['operationId', 5, text],
    ['produces', 6, texts],
    ['consumes', 7, texts],
    ['parameters', 8, repeated(parametersItem)],
    ['responses', 9, named(response)],
    ['schemes', 10, texts],
  ],
  vendor: 13,
}

const operation = message(() => OPERATION)

const PATH_ITEM: Message = {
  fields: [
    ['get', 2, operation],
    ['put', 3, operation],
    ['post', 4, operation],
    ['delete', 5, operation],
    ['options', 6, operation],
    ['head', 7, operation],
    ['patch', 8, operation],
    ['parameters', 9, repeated(parametersItem)],
  ],
}

const INFO: Message = {
  fields: [
    ['title', 1, text],
    ['version', 2, text],
  ],
}

const API_KEY_SECURITY: Message = {
  fields: [
    ['type', 1, text],
    ['name', 2, text],
    ['in', 3, text],
    ['description', 4, text],
  ],
}

/** What stands before the paths, and behind the definitions. */
const DOCUMENT: Message = {
  fields: [
    ['swagger', 1, text],
    ['info', 2, message(() => INFO)],
    ['parameters', 10, named(parameter)],
    ['security', 12, repeated(named(wrapped(() => 1, texts)))],
    [
      'securityDefinitions',
      13,
      named(
        wrapped(
          () => 2,
          message(() => API_KEY_SECURITY),
        ),
      ),
    ],
  ],
}

const DOCUMENT_PATHS = 8
const DOCUMENT_DEFINITIONS = 9
const PATHS_ENTRIES = 2
const DEFINITIONS_ENTRIES = 1

/** One entry of a document's paths. */
export function encodePath(path: string, item: JsonObject): Buffer {
  const writer = new ProtobufWriter()
  writeNamed(
    writer,
    PATHS_ENTRIES,
    path,
    item,
    message(() => PATH_ITEM),
  )
  return writer.finish()
}

/** One entry of a document's definitions. */
export function encodeDefinition(name: string, definition: JsonObject): Buffer {
  const writer = new ProtobufWriter()
  writeNamed(writer, DEFINITIONS_ENTRIES, name, definition, schema)
  return writer.finish()
}

/** gnostic's openapi.v2.Document: what is left of it, with the entries that were encoded before. */
export function encodeDocument(
  rest: JsonObject,
  paths: readonly Buffer[],
  definitions: readonly Buffer[],
): Buffer {
  const writer = new ProtobufWriter()
  writeMessage(writer, DOCUMENT, rest)
  return Buffer.concat([
    writer.finish(),
    fieldHead(DOCUMENT_PATHS, paths),
    ...paths,
    fieldHead(DOCUMENT_DEFINITIONS, definitions),
    ...definitions,
  ])
}

function fieldHead(number: number, parts: readonly Buffer[]): Buffer {
  const writer = new ProtobufWriter()
  writer.varint(parts.reduce((sum, part) => sum + part.length, 0))
  writer.tag(number, BYTES)
  return writer.finish()
}

function additionalProperties(writer: ProtobufWriter, number: number, value: JsonValue): void {
  delimited(writer, number, () => {
    if (typeof value === 'boolean') flag(writer, 2, value)
    else schema(writer, 1, value)
  })
}

function nonBodyParameter(writer: ProtobufWriter, isPath: boolean, value: JsonObject): void {
  if (isPath) message(() => PATH_PARAMETER)(writer, 4, value)
  else message(() => QUERY_PARAMETER)(writer, 3, value)
}

function writeMessage(writer: ProtobufWriter, { fields, vendor }: Message, value: JsonObject): void {
  if (vendor !== undefined) writeVendorExtensions(writer, vendor, value)
  for (const [name, number, write] of fields.toReversed()) {
    const member = memberOf(value, name)
    if (member !== undefined) write(writer, number, member)
  }
}

function writeVendorExtensions(writer: ProtobufWriter, number: number, value: JsonObject): void {
  for (const [name, each] of Object.entries(value).reverse())
    if (name.startsWith(VENDOR_PREFIX) && each !== undefined) writeNamed(writer, number, name, each, any)
}

function writeNamed(
  writer: ProtobufWriter,
  number: number,
  name: string,
  value: JsonValue,
  write: FieldWriter,
): void {
  delimited(writer, number, () => {
    write(writer, 2, value)
    text(writer, 1, name)
  })
}

/** The writer goes backwards: first the content, then its length, then the tag. */
function delimited(writer: ProtobufWriter, number: number, content: () => void): void {
  const before = writer.length
  content()
  writer.varint(writer.length - before)
  writer.tag(number, BYTES)
}
