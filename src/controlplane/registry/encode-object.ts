import { goJson } from '../api/go-json.ts'
import type { JsonObject } from '../api/json.ts'
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
  const { kind, apiVersion, metadata, ...rest } = object
  const resourceVersion = revision === undefined ? undefined : String(revision)
  const meta = orderedMeta({ ...metadata, resourceVersion } as ObjectMeta)
  return Buffer.from(goJson({ kind, apiVersion, metadata: meta, ...rest }))
}

export function decodeItem({ value }: Item): KubeObject {
  return JSON.parse(value.toString()) as KubeObject
}

function orderedMeta(meta: ObjectMeta): JsonObject {
  return Object.fromEntries(
    META_ORDER.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]])),
  )
}
