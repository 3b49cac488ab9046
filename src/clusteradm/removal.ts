import type { Condition, KubeObject, ObjectKey } from '../apis/meta/v1.ts'
import { isNotFound, type ResourceDefinition } from '../kube/client.ts'
import type { Session } from './session.ts'
import { awaitObjects, expected } from './waiting/await-objects.ts'

/** Deletes an object. False when it was not there; in a dry run it is said what would go. */
export async function remove(
  session: Session,
  resource: ResourceDefinition,
  key: ObjectKey,
): Promise<boolean> {
  const { cluster, signal } = session
  if (session.dryRun) {
    const found = await cluster.resource(resource).find(key, { signal })
    if (found) session.print(`${resource.plural} ${keyText(key)} would be deleted`)
    return found !== undefined
  }
  try {
    await cluster.resource(resource).delete(key, { signal })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Deletes objects that may not be there, in their order. */
export async function removeAll(
  session: Session,
  objects: readonly (readonly [ResourceDefinition, ObjectKey])[],
): Promise<void> {
  for (const [resource, key] of objects) await remove(session, resource, key)
}

/** Waits until an object that was deleted has gone. A wait in vain says what holds it. */
export async function awaitGone(
  session: Session,
  resource: ResourceDefinition,
  { namespace, name }: ObjectKey,
  text: string,
): Promise<void> {
  if (session.dryRun) return
  const { cluster, signal, timeoutMs } = session
  await session.progress.during(
    { text: `Waiting for ${text} to be deleted...`, done: `The ${text} is gone.` },
    (report) =>
      awaitObjects(
        {
          what: `${text} to be deleted`,
          timeoutMs,
          signal,
          report,
          advice: 'do the operator and the controllers of the cluster run?',
        },
        [
          expected({
            cluster,
            resource,
            selection: { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}` },
            mayBeGone: true,
            missing: ([object]) => object && holderOf(object),
          }),
        ],
      ),
  )
}

/** Conditions that say what is left of an object that is being deleted: a ClusterManager's, and a CRD's. */
const DELETION_CONDITIONS = ['Deleting', 'Terminating']

function holderOf(object: KubeObject & { readonly status?: unknown }): string {
  const { conditions = [] } = (object.status ?? {}) as { readonly conditions?: readonly Condition[] }
  const told = conditions.find(({ type }) => DELETION_CONDITIONS.includes(type))?.message ?? ''
  if (told !== '') return told
  const finalizers = object.metadata.finalizers ?? []
  return finalizers.length === 0 ? '' : `held by ${finalizers.join(', ')}`
}

function keyText({ namespace, name }: ObjectKey): string {
  return namespace ? `${namespace}/${name}` : name
}
