import type { KubeObject, ObjectKey } from '../apis/meta/v1.ts'
import { isNotFound, type ResourceDefinition } from '../kube/client.ts'
import type { Session } from './session.ts'
import { awaitObjects } from './waiting/await-objects.ts'

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
      awaitObjects({
        cluster,
        resource,
        selection: { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}` },
        what: `${text} to be deleted`,
        timeoutMs,
        signal,
        isDone: (found) => found.every(({ metadata }) => metadata.name !== name),
        statusOf: ([object]) => holdersOf(object),
        report,
        goneMeansDone: true,
        advice: 'do the operator and the controllers of the cluster run?',
      }),
  )
}

function holdersOf(object: KubeObject | undefined): string {
  const finalizers = object?.metadata.finalizers ?? []
  return finalizers.length === 0 ? '' : `held by ${finalizers.join(', ')}`
}

function keyText({ namespace, name }: ObjectKey): string {
  return namespace ? `${namespace}/${name}` : name
}
