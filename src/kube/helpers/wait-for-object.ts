import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import { aborted } from '../../common/aborted.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { ResourceDefinition } from '../client/resource-definition.ts'
import { Informer } from '../watch/informer.ts'

/**
 * Resolves with an object as soon as it is as wanted, which it may be already. Watches that end are begun again; `onWatched` hears of the
 * first that has shown what there is. Rejects with the reason of `signal`.
 */
export async function waitForObject<T extends KubeObject>(
  client: KubeClient,
  definition: ResourceDefinition,
  { namespace, name }: ObjectKey,
  isWanted: (object: T) => boolean,
  signal: AbortSignal,
  onWatched?: () => void,
): Promise<T> {
  signal.throwIfAborted()
  const { log, clock } = client
  const informer = new Informer<T>(
    { resource: client.resource<T>(definition), log, clock },
    { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}` },
  )
  const found = Promise.withResolvers<T>()
  const look = (object: T) => {
    if (isWanted(object)) found.resolve(object)
  }
  informer.addHandler({ onAdd: look, onUpdate: (_, object) => look(object) })
  informer.start()
  if (onWatched) void informer.waitForSync(signal).then(onWatched, () => {}) // aborted
  try {
    const object = await Promise.race([found.promise, aborted(signal)])
    if (!object) throw signal.reason
    return object
  } finally {
    await informer.stop()
  }
}
