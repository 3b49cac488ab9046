import type { JsonObject } from '../api/json.ts'
import { orderedMetadata } from './metadata-order.ts'

/** The versions of `meta.k8s.io` that have tables and partial metadata, which differ in nothing else. */
export type MetaGroupVersion = 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'

/** What a list says of itself. */
export interface ListMetadata {
  readonly resourceVersion?: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** Of an object, also of one that a watch tells of, what every object has. */
export function partialMetadata(object: JsonObject, groupVersion: MetaGroupVersion): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: groupVersion,
    metadata: orderedMetadata(object.metadata),
  }
}

/** Without items it has null in their place, as Kubernetes answers. */
export function partialMetadataList(
  objects: readonly JsonObject[],
  metadata: ListMetadata,
  groupVersion: MetaGroupVersion,
): JsonObject {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: groupVersion,
    metadata: listMetadata(metadata),
    items: objects.length === 0 ? null : objects.map((object) => partialMetadata(object, groupVersion)),
  }
}

/** What is empty is left out. */
export function listMetadata({
  resourceVersion,
  continue: token,
  remainingItemCount,
}: ListMetadata): JsonObject {
  return {
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(token ? { continue: token } : {}),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  }
}
