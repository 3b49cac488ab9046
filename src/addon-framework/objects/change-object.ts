import type { KubeObject } from '../../apis/meta/v1.ts'
import { type ResourceClient, retryOnConflict } from '../../kube/index.ts'

/**
 * Merges into an object's status what `change` makes of it, in the state that it was made of: who has written meanwhile has it made
 * anew, for several controllers write the same lists, of which a merge replaces all. Nothing is written if there is nothing to change,
 * or if the object has gone.
 *
 * @param change undefined when all is as it should be
 */
export async function patchStatus<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: (object: T) => object | undefined,
  signal: AbortSignal,
): Promise<void> {
  await changeObject(resource, object, signal, async (latest, key) => {
    const status = change(latest)
    if (!status) return
    const { uid, resourceVersion } = latest.metadata
    const body = { metadata: { uid, resourceVersion }, status }
    await resource.patchStatus(key, { type: 'merge', body }, { signal })
  })
}

/** As `patchStatus`, but for the object itself, of which all is written: that takes no right to patch, which the original has not. */
export async function updateObject<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: (object: T) => T | undefined,
  signal: AbortSignal,
): Promise<void> {
  await changeObject(resource, object, signal, async (latest) => {
    const changed = change(latest)
    if (changed) await resource.update(changed, { signal })
  })
}

function changeObject<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  signal: AbortSignal,
  write: (latest: T, key: { namespace: string | undefined; name: string }) => Promise<void>,
): Promise<void> {
  const { namespace, name = '', uid } = object.metadata
  const key = { namespace, name }
  let known: T | undefined = object
  return retryOnConflict(
    async () => {
      const latest = known ?? (await resource.find(key, { signal }))
      known = undefined // read anew if this fails
      if (latest && latest.metadata.uid === uid) await write(latest, key)
    },
    { signal },
  )
}
