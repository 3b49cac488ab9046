import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { type Informer, isAlreadyExists, isNotFound, keyOf } from '../../kube/index.ts'

type Owned = KubeObject & { readonly roleRef?: object }

/**
 * Makes an object be there, with at least the labels of `wanted` and exactly its other parts; resolves with it. Costs nothing when the
 * informer's state is as wanted. A binding to another role is made anew, since it cannot be changed.
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
    // It has lost its label, or is not seen yet.
    const { namespace, name = '' } = wanted.metadata
    existing = await resource.get({ namespace, name }, { signal })
  }
  const labels = { ...existing.metadata.labels, ...wanted.metadata.labels }
  const merged = { ...existing, ...wanted, metadata: { ...existing.metadata, labels } }
  if (isDeepStrictEqual(existing, merged)) return existing
  if (isDeepStrictEqual(existing.roleRef, wanted.roleRef)) return resource.update(merged, { signal })
  await deleteObject({ resource }, existing, signal)
  return resource.create(wanted, { signal })
}

/** Deletes an object as it is known; that it is gone already is as good. */
export async function deleteObject<T extends KubeObject>(
  { resource }: Pick<Informer<T>, 'resource'>,
  { metadata: { namespace, name = '', uid } }: T,
  signal: AbortSignal,
): Promise<void> {
  try {
    await resource.delete({ namespace, name }, { ...(uid && { preconditions: { uid } }), signal })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
