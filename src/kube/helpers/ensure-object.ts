import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { isAlreadyExists } from '../errors.ts'
import type { Informer } from '../watch/informer.ts'
import { keyOf } from '../watch/object-key.ts'
import { deleteObject } from './delete-object.ts'

/** An object that is made and kept: a role, a binding, a namespace. */
type Owned = KubeObject & { readonly roleRef?: object }

/**
 * Makes an object be there, with at least the labels and finalizers of `wanted` and exactly its other parts; resolves with it. Costs nothing when the
 * informer's state is as wanted. A binding to another role is made anew, since it cannot be changed. One that is being deleted is left.
 */
export async function ensureObject<T extends Owned>(
  { store, resource }: Informer<T>,
  wanted: T,
  signal: AbortSignal,
): Promise<T> {
  let existing = store.get(keyOf(wanted))
  if (!existing) {
    try {
      return await resource.create(wanted, { signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    // It is not in the informer's selection, or not yet in its memory.
    const { namespace, name = '' } = wanted.metadata
    existing = await resource.get({ namespace, name }, { signal })
  }
  if (existing.metadata.deletionTimestamp) return existing
  const merged = withParts(existing, wanted)
  if (isDeepStrictEqual(existing, merged)) return existing
  if (isDeepStrictEqual(existing.roleRef, wanted.roleRef)) return resource.update(merged, { signal })
  await deleteObject({ resource }, existing, signal)
  return resource.create(wanted, { signal })
}

function withParts<T extends Owned>(existing: T, wanted: T): T {
  const { labels, finalizers = [] } = wanted.metadata
  const missing = finalizers.filter((each) => !existing.metadata.finalizers?.includes(each))
  const metadata = {
    ...existing.metadata,
    labels: { ...existing.metadata.labels, ...labels },
    ...(missing.length > 0 && { finalizers: [...(existing.metadata.finalizers ?? []), ...missing] }),
  }
  return { ...existing, ...wanted, metadata }
}
