import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import type { ResourceClient, WriteOptions } from '../client/resource-client.ts'

export interface CreateOrUpdateResult<T> {
  readonly object: T
  readonly operation: 'created' | 'updated' | 'unchanged'
}

/**
 * Reads the object and writes what `mutate` makes of it, if that is anything else; what does not exist is made from nothing.
 * `mutate` returns a new object, and leaves the one that it is given as it is. Rejects with a conflict where somebody else has
 * written meanwhile: let the reconcile fail, or wrap this in `retryOnConflict`.
 */
export async function createOrUpdate<T extends KubeObject>(
  resource: ResourceClient<T>,
  key: ObjectKey,
  mutate: (existing: T | undefined) => T,
  options: WriteOptions = {},
): Promise<CreateOrUpdateResult<T>> {
  const existing = await resource.find(key, { signal: options.signal })
  const wanted = mutate(existing)
  if (wanted.metadata.name !== key.name || (wanted.metadata.namespace ?? '') !== (key.namespace ?? '')) {
    throw new Error('mutate must not change the name or namespace of an object')
  }
  if (!existing) return { object: await resource.create(wanted, options), operation: 'created' }
  if (isDeepStrictEqual(existing, wanted)) return { object: existing, operation: 'unchanged' }
  return { object: await resource.update(wanted, options), operation: 'updated' }
}
