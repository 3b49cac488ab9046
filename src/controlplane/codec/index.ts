export { normalizeMetadata } from './custom-object.ts'
export { type DecodedBody, decodeBody, type FieldValidation } from './decode-body.ts'
export { decodePatch } from './decode-patch.ts'
export { encodeBody } from './encode-body.ts'
export { encodeJson } from './json-body.ts'
export { MalformedBody } from './malformed-body.ts'
export {
  type BodyFormat,
  bodyFormat,
  formatsOf,
  MEDIA_TYPE_BY_FORMAT,
  type VersionedKind,
} from './media-type.ts'
export { parseJson } from './parse-json.ts'
export { encodeWatchFrame, type WatchEventType, type WatchFormat } from './watch-frame.ts'
