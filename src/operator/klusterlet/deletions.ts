import type { ObjectKey } from '../../apis/meta/v1.ts'
import { isNotFound, type KubeClient, type ResourceDefinition } from '../../kube/index.ts'

/** Deletes an object, if it is there; it may be there for some time yet. */
export async function deleteIfThere(
  client: KubeClient,
  definition: ResourceDefinition,
  key: ObjectKey,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.resource(definition).delete(key, { signal })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
