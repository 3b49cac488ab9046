import type { KubeObject } from '../../apis/meta/v1.ts'
import { patchObject, type ResourceClient, retryOnConflict } from '../../kube/index.ts'

/** Merges into an object's status what `change` makes of it; see `patchObject`. */
export async function patchStatus<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: (object: T) => object | undefined,
  signal: AbortSignal,
): Promise<void> {
  const statusChange = (latest: T) => {
    const status = change(latest)
    return status && { status }
  }
  await patchObject(resource, object, statusChange, { signal, subresource: 'status' })
}

/**
 * Replaces an object by what `change` makes of it, in the state that it was made of. All of it is written: that takes no right to patch,
 * which the original has not.
 *
 * @param change undefined when all is as it should be
 */
export function updateObject<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: (object: T) => T | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name = '', uid } = object.metadata
  let known: T | undefined = object
  return retryOnConflict(
    async () => {
      const latest = known ?? (await resource.find({ namespace, name }, { signal }))
      known = undefined // read anew if this fails
      if (!latest || latest.metadata.uid !== uid) return
      const changed = change(latest)
      if (changed) await resource.update(changed, { signal })
    },
    { signal },
  )
}
