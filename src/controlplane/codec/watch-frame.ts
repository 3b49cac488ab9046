import type { JsonObject } from '../api/json.ts'
import { encodeJson } from './json-body.ts'
import type { BodyFormat } from './media-type.ts'
import { encodeProtobuf, prependBytes } from './protobuf-body.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** Kubernetes watches in no other format. */
export type WatchFormat = Exclude<BodyFormat, 'yaml'>

/** meta/v1.WatchEvent, and the RawExtension in it */
const TYPE = 1
const OBJECT = 2
const RAW = 1

/**
 * An event as it stands in the answer to a watch: in JSON a line; in protobuf a WatchEvent, itself without magic or wrapping, behind
 * its length in four bytes. The object in it has both.
 */
export function encodeWatchFrame(type: WatchEventType, object: JsonObject, format: WatchFormat): Buffer {
  if (format === 'json') return encodeJson({ type, object })

  const raw = new ProtobufWriter()
  prependBytes(raw, RAW, encodeProtobuf(object))
  const frame = new ProtobufWriter()
  prependBytes(frame, OBJECT, raw.finish())
  prependBytes(frame, TYPE, Buffer.from(type))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frame.length)
  frame.bytes(length)
  return frame.finish()
}
