import type { JsonObject } from '../api/json.ts'
import { encodeJson } from './json-body.ts'
import type { BodyFormat } from './media-type.ts'
import { encodeProtobuf } from './protobuf-body.ts'
import { writeYaml } from './yaml.ts'

/** The body of an answer. The object is normalised, and its kind has the format (`formatsOf`); other than that is an Error. */
export function encodeBody(object: JsonObject, format: BodyFormat): Buffer {
  switch (format) {
    case 'json':
      return encodeJson(object)
    case 'yaml':
      return Buffer.from(writeYaml(object))
    case 'protobuf':
      return encodeProtobuf(object)
  }
}
