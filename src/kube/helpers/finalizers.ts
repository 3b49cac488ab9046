import type { KubeObject, ObjectMeta } from '../../apis/meta/v1.ts'
import type { CallOptions, ResourceClient } from '../client/resource-client.ts'
import { isNotFound } from '../errors.ts'
import { type RetryOnConflictOptions, retryOnConflict } from './retry-on-conflict.ts'

export function hasFinalizer({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false
}

type FinalizerOptions = CallOptions & Pick<RetryOnConflictOptions, 'clock'>

/**
 * Makes sure that the object cannot go before `removeFinalizer`. Resolves with the object as it is then. Writes nothing if the
 * finalizer is there, or if the object is being deleted already, which the API would refuse.
 */
export async function addFinalizer<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizer: string,
  options: FinalizerOptions = {},
): Promise<T> {
  const change = ({ metadata }: T) =>
    metadata.deletionTimestamp || metadata.finalizers?.includes(finalizer)
      ? undefined
      : [...(metadata.finalizers ?? []), finalizer]
  return patchFinalizers(resource, object, change, options)
}

/**
 * Lets the object go, as far as it is up to us. Resolves with the object as it is then; with undefined if it has gone. Other
 * finalizers, also those that came meanwhile, stay.
 */
export async function removeFinalizer<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  finalizer: string,
  options: FinalizerOptions = {},
): Promise<T | undefined> {
  const change = ({ metadata }: T) =>
    metadata.finalizers?.includes(finalizer)
      ? metadata.finalizers.filter((each) => each !== finalizer)
      : undefined
  try {
    return await patchFinalizers(resource, object, change, options)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** The patch is for one version and one object: who has written meanwhile makes it a conflict, and it is thought over. */
async function patchFinalizers<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: (object: T) => readonly string[] | undefined,
  options: FinalizerOptions,
): Promise<T> {
  let current: T | undefined = object
  return retryOnConflict(
    async () => {
      const key = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' }
      const latest = current ?? (await resource.get(key, options))
      current = undefined // it is read anew if this fails
      const finalizers = change(latest)
      if (!finalizers || latest.metadata.uid !== object.metadata.uid) return latest
      const { uid, resourceVersion } = latest.metadata
      const metadata: ObjectMeta = {
        finalizers,
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      }
      return resource.patch(key, { type: 'merge', body: { metadata } }, options)
    },
    { ...(options.clock && { clock: options.clock }), ...(options.signal && { signal: options.signal }) },
  )
}
