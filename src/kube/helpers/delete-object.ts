import type { DeleteOptions, KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import type { ResourceClient } from '../client/resource-client.ts'
import { isNotFound, KubeRequestError } from '../errors.ts'
import type { Informer } from '../watch/informer.ts'

export interface DeleteIfThereOptions {
  readonly preconditions?: DeleteOptions['preconditions']
  readonly signal?: AbortSignal | undefined
}

/**
 * Deletes an object; that it is gone already is as good. Resolves with whether it was there, and may be for some time yet. Where the answer
 * is lost, a look tells whether it has been done: whoever deletes many things, one after the other, and begins anew when one fails would
 * else not get to the end by a connection that breaks now and then.
 */
export async function deleteIfThere<T extends KubeObject>(
  resource: ResourceClient<T>,
  key: ObjectKey,
  { signal, preconditions }: DeleteIfThereOptions = {},
): Promise<boolean> {
  try {
    await resource.delete(key, { signal, ...(preconditions && { preconditions }) })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    if (!(error instanceof KubeRequestError) || signal?.aborted) throw error
    const found = await resource.find(key, { signal })
    if (!found) return false
    if (found.metadata.deletionTimestamp) return true
    throw error
  }
}

/** Deletes an object as it is known: not another one of the same name. */
export async function deleteObject<T extends KubeObject>(
  { resource }: Pick<Informer<T>, 'resource'>,
  { metadata: { namespace, name = '', uid } }: T,
  signal: AbortSignal,
): Promise<void> {
  await deleteIfThere(resource, { namespace, name }, { ...(uid && { preconditions: { uid } }), signal })
}
