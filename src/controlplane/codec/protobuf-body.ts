import type { JsonObject } from '../api/json.ts'
import { typeOfKind } from '../schema/builtin-types.ts'
import { MalformedBody } from './malformed-body.ts'
import { encodeMessage } from './protobuf-encode.ts'
import { LENGTH_DELIMITED, ProtobufReader, unexpectedEnd } from './protobuf-reader.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

/** Before every object in protobuf. */
const MAGIC = Buffer.from('k8s\0')

/** runtime.Unknown, which an object in protobuf is wrapped in. */
const TYPE_META = 1
const RAW = 2
const CONTENT_ENCODING = 3
const CONTENT_TYPE = 4

/** runtime.TypeMeta */
const API_VERSION = 1
const KIND = 2

export interface ProtobufBody {
  readonly apiVersion: string
  readonly kind: string
  /** The message of that kind. */
  readonly raw: Buffer
}

/** Takes the wrapping off. Throws MalformedBody. */
export function unwrapProtobuf(body: Buffer): ProtobufBody {
  if (body.length === 0) throw new MalformedBody('empty data')
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    const expected = [...MAGIC].join(' ')
    throw new MalformedBody(
      `provided data does not appear to be a protobuf message, expected prefix [${expected}]`,
    )
  }
  if (body.length === MAGIC.length) throw new MalformedBody('empty body')

  const parts = readBytesFields(body.subarray(MAGIC.length))
  const typeMeta = readBytesFields(parts[TYPE_META] ?? Buffer.alloc(0))
  const encoding = parts[CONTENT_ENCODING]?.toString() ?? ''
  if (encoding !== '')
    throw new MalformedBody(`content encoding ${JSON.stringify(encoding)} is not supported`)
  return {
    apiVersion: typeMeta[API_VERSION]?.toString() ?? '',
    kind: typeMeta[KIND]?.toString() ?? '',
    raw: parts[RAW] ?? Buffer.alloc(0),
  }
}

/** A normalised object of a built-in kind, with the wrapping that says which. Any other kind is an Error. */
export function encodeProtobuf(object: JsonObject): Buffer {
  const { apiVersion, kind } = object
  const typeId =
    typeof apiVersion === 'string' && typeof kind === 'string' ? typeOfKind(apiVersion, kind) : undefined
  if (typeId === undefined) {
    throw new Error(`kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)} has no form in protobuf`)
  }
  const typeMeta = new ProtobufWriter()
  prependBytes(typeMeta, KIND, Buffer.from(kind as string))
  prependBytes(typeMeta, API_VERSION, Buffer.from(apiVersion as string))

  const body = new ProtobufWriter()
  prependBytes(body, CONTENT_TYPE, Buffer.alloc(0))
  prependBytes(body, CONTENT_ENCODING, Buffer.alloc(0))
  prependBytes(body, RAW, encodeMessage(typeId, object))
  prependBytes(body, TYPE_META, typeMeta.finish())
  body.bytes(MAGIC)
  return body.finish()
}

/** Writes a field before what has been written. */
export function prependBytes(writer: ProtobufWriter, number: number, bytes: Uint8Array): void {
  writer.bytes(bytes)
  writer.varint(bytes.length)
  writer.tag(number, LENGTH_DELIMITED)
}

function readBytesFields(message: Buffer): (Buffer | undefined)[] {
  const fields: (Buffer | undefined)[] = []
  const reader = new ProtobufReader(message)
  const { length } = reader
  while (reader.at < length) {
    const tag = reader.varint()
    if ((tag & 7) === LENGTH_DELIMITED && tag >>> 3 <= CONTENT_TYPE) {
      fields[tag >>> 3] = reader.bytes(reader.enter(length))
    } else reader.skip(tag & 7, length)
  }
  if (reader.at > length) throw unexpectedEnd()
  return fields
}
