import type { Lease } from '../../apis/coordination/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import type { ObjectMeta } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import type { ResourceClient } from '../client/resource-client.ts'

/** The identity of a holder that is a Pod of the Lease's namespace: the Pod's name, and what follows the last `_`. */
export const HOLDER_POD_ANNOTATION = 'open-cluster-management.io/holder-pod'

/** `ending`: its Pod is being deleted, so that it will be gone soon. */
export type HolderState = 'unknown' | 'ending' | 'gone'

/** The metadata of a Lease that the Pod of this identity takes. */
export function heldByPod(metadata: ObjectMeta, identity: string): ObjectMeta {
  return { ...metadata, annotations: { ...metadata.annotations, [HOLDER_POD_ANNOTATION]: identity } }
}

/**
 * Whether who holds a Lease can still be at work. A Pod is gone from the API when its containers have ended, so that nobody needs to wait
 * for the Lease to expire that such a Pod could not give up, as when its rights were taken before it was. (A Pod that was deleted by force
 * may go on for a moment; it learns at its next renewal that it does not lead any more.)
 *
 * Identities of other programs may begin with the name of a host, so that only those count that say of themselves to be a Pod.
 */
export async function holderState(
  { pods, log }: { readonly pods: ResourceClient<Pod>; readonly log: Logger },
  { metadata, spec }: Lease,
  signal: AbortSignal,
): Promise<HolderState> {
  const identity = spec?.holderIdentity ?? ''
  const { namespace = '', annotations } = metadata
  const name = identity.slice(0, identity.lastIndexOf('_'))
  if (name === '' || annotations?.[HOLDER_POD_ANNOTATION] !== identity) return 'unknown'
  try {
    const pod = await pods.find({ namespace, name }, { signal })
    if (!pod) return 'gone'
    return pod.metadata.deletionTimestamp ? 'ending' : 'unknown'
  } catch (err) {
    signal.throwIfAborted()
    log.debug({ err, pod: name }, 'could not see whether the Pod of the leader is still there')
    return 'unknown'
  }
}
