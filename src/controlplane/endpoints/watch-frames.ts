import { encodeWatchFrame, type WatchFormat } from '../codec/index.ts'
import type { WatchEvent } from '../collection/index.ts'
import type { Representation, ShownAs } from '../http/accept.ts'
import { decodeItem, type KubeObject, keptMetadata } from '../registry/index.ts'
import { convertedHere, type ServedResource } from '../resources/served-resource.ts'
import { partialMetadata, WatchTables } from '../tables/index.ts'
import type { ObjectRequest } from './resource-request.ts'
import { metaVersion, tableOptions } from './table-options.ts'

/** An event as it stands in the answer. */
export type FrameOf = (event: WatchEvent) => Buffer

const LINE_END = Buffer.from('}\n')
const METADATA_END = Buffer.from('}}\n')

/** How the events of one watch are written. */
export function watchFrames(
  request: ObjectRequest,
  resource: ServedResource,
  { format, as }: Representation & { readonly format: WatchFormat },
): FrameOf {
  if (as) return shownFrames(request, resource, as, format)
  if (format === 'json' && resource.isStoredVersion) return keptFrame
  return ({ type, object }) => encodeWatchFrame(type, servedObject(resource, object), format)
}

/** Many watch the same, so that the last frame is often the next. */
let lastFrame: { readonly object: Buffer; readonly type: string; readonly frame: Buffer } | undefined

function keptFrame({ type, object }: WatchEvent): Buffer {
  if (!Buffer.isBuffer(object)) return encodeWatchFrame(type, object, 'json')
  if (lastFrame?.object === object && lastFrame.type === type) return lastFrame.frame
  const frame = Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, LINE_END])
  lastFrame = { object, type, frame }
  return frame
}

function shownFrames(
  request: ObjectRequest,
  resource: ServedResource,
  as: ShownAs,
  format: WatchFormat,
): FrameOf {
  const tables = new WatchTables(resource.tableColumns, tableOptions(request, as))
  const isKeptMetadata =
    as.kind !== 'Table' && format === 'json' && resource.isStoredVersion && !resource.isCustom
  return ({ type, object }) => {
    const kept = isKeptMetadata && Buffer.isBuffer(object) ? keptMetadata(object) : undefined
    if (kept) return metadataFrame(type, kept, metaVersion(as))
    const served = servedObject(resource, object)
    const shown =
      as.kind === 'Table' ? tables.tableOf(served, Date.now()) : partialMetadata(served, metaVersion(as))
    return encodeWatchFrame(type, shown, format)
  }
}

/** As `encodeWatchFrame` makes it of partial metadata, which for built-in kinds stands in what is kept as it is to be sent. */
function metadataFrame(type: string, metadata: Buffer, apiVersion: string): Buffer {
  const head = `{"type":"${type}","object":{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":`
  return Buffer.concat([Buffer.from(head), metadata, METADATA_END])
}

function servedObject(resource: ServedResource, object: Buffer | KubeObject): KubeObject {
  if (!Buffer.isBuffer(object)) return object
  return convertedHere(resource, decodeItem({ value: object, key: '', revision: 0 }))
}
