import type { KubeObject } from '../../apis/meta/v1.ts'

/**
 * The object without its managedFields, which are often more than all the rest and of use to the API alone: an update without them
 * leaves them to it.
 */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata
  return managedFields === undefined ? object : { ...object, metadata }
}
