import type { Collection } from '../collection/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'

/** All objects of a resource, or those of one namespace. */
export function collectionOf(resource: ServedResource, namespace: string): Collection {
  return {
    resource: resource.storedResource,
    namespace,
    kind: resource.kind,
    apiVersion: resource.apiVersion,
  }
}
