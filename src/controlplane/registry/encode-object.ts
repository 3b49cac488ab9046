import { parseExactJson } from '../../common/exact-json.ts'
import { goJson } from '../api/go-json.ts'
import type { JsonObject, JsonValue } from '../api/json.ts'
import { OBJECT_META_FIELDS } from '../api/object-meta-fields.ts'
import type { Item } from '../storage/index.ts'
import type { KubeObject, ObjectMeta } from './kube-object.ts'

/** The server knows of no `selfLink` any more. */
const META_ORDER = OBJECT_META_FIELDS.filter((name) => name !== 'selfLink')

/**
 * The bytes that are kept and answered: kind and apiVersion first, as the list of a resource relies on. Without a revision the object
 * has none.
 */
export function encodeObject(object: KubeObject, revision?: number): Buffer {
  const resourceVersion = revision === undefined ? undefined : String(revision)
  return bytesOf(jsonOf(object, resourceVersion))
}

const NO_VERSION = '"resourceVersion":""'

/** The same bytes, for whoever needs them with more than one revision, or knows it late. */
export function revisionEncoder(object: KubeObject): (revision: number) => Buffer {
  const json = jsonOf(object, '')
  // The first is that of the metadata: before it are texts only, and a quote in them is escaped.
  const at = json.indexOf(NO_VERSION)
  const [head, tail] = [json.slice(0, at), json.slice(at + NO_VERSION.length)]
  return (revision) => bytesOf(`${head}"resourceVersion":"${revision}"${tail}`)
}

/**
 * In memory of its own, since it is kept for minutes at least. A part of Node's pool would keep all of its 64 KiB, of which the rest
 * is soon needed no more.
 */
function bytesOf(json: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json))
  bytes.write(json)
  return bytes
}

function jsonOf({ kind, apiVersion, metadata, ...rest }: KubeObject, resourceVersion?: string): string {
  const meta = orderedMeta({ ...metadata, resourceVersion } as ObjectMeta)
  return goJson({ kind, apiVersion, metadata: meta, ...rest })
}

export function decodeItem({ value }: Item): KubeObject {
  return parseExactJson(value.toString()) as KubeObject
}

function orderedMeta(meta: ObjectMeta): JsonObject {
  const ordered: Record<string, JsonValue> = {}
  for (const name of META_ORDER) {
    const value = meta[name]
    if (value !== undefined) ordered[name] = value
  }
  return ordered
}
