import { isDeepStrictEqual } from 'node:util'
import type { Klusterlet, KlusterletStatus } from '../../apis/operator/v1.ts'
import { isNotFound, type ResourceClient, retryOnConflict } from '../../kube/index.ts'
import { nameOf } from './names.ts'

/**
 * Changes a Klusterlet's status, of which several controllers write their parts: `change` is asked again where somebody else was faster.
 * Writes nothing where it changes nothing, and where the Klusterlet has gone.
 */
export async function changeStatus(
  resource: ResourceClient<Klusterlet>,
  klusterlet: Klusterlet,
  change: (status: KlusterletStatus) => KlusterletStatus,
  signal?: AbortSignal,
): Promise<void> {
  let current: Klusterlet | undefined = klusterlet
  const name = nameOf(klusterlet)
  try {
    await retryOnConflict(
      async () => {
        const latest = current ?? (await resource.get({ name }, { signal }))
        current = undefined // it is read anew if this fails
        if (latest.metadata.uid !== klusterlet.metadata.uid) return
        const status = change(latest.status ?? {})
        if (isDeepStrictEqual(status, latest.status ?? {})) return
        const { uid, resourceVersion } = latest.metadata
        const body = { metadata: { uid, resourceVersion }, status }
        await resource.patchStatus({ name }, { type: 'merge', body }, { signal })
      },
      { ...(signal && { signal }) },
    )
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
