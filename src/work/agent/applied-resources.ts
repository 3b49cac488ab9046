import type { DeleteOptions, ObjectKey, OwnerReference } from '../../apis/meta/v1.ts'
import type { AppliedManifestResource } from '../../apis/work/v1.ts'
import { inParallel } from '../../common/in-parallel.ts'
import type { Logger } from '../../common/log.ts'
import { isConflict, isNotFound, type KubeClient, type ResourceClient } from '../../kube/index.ts'
import { withOwner } from './apply/applier.ts'
import type { ManifestObject } from './manifest-object.ts'
import type { ObjectWatches } from './object-watches.ts'
import { hasOtherWorks, isOwnedBy, removalOf } from './ownership.ts'

const MOST_AT_ONCE = 10

/** Group, resource, namespace and name: the version does not tell objects apart. */
export function appliedResourceId({
  group = '',
  resource,
  namespace = '',
  name,
}: AppliedManifestResource): string {
  return JSON.stringify([group, resource, namespace, name])
}

/** In the order in which the status of an AppliedManifestWork lists them. */
export function sortAppliedResources(
  resources: readonly AppliedManifestResource[],
): readonly AppliedManifestResource[] {
  const keyOf = ({ group = '', version, resource, namespace = '', name }: AppliedManifestResource) => [
    group,
    version,
    resource,
    namespace,
    name,
  ]
  return resources.toSorted((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)] as [string[], string[]]
    const index = left.findIndex((each, at) => each !== right[at])
    return index < 0 ? 0 : (left[index] ?? '') < (right[index] ?? '') ? -1 : 1
  })
}

export interface DeletionOutcome {
  /** What is still there, on its way out. */
  readonly pending: readonly AppliedManifestResource[]
  /** What could not be dealt with, and is still there as far as is known. */
  readonly failed: readonly { readonly resource: AppliedManifestResource; readonly error: unknown }[]
}

export interface DeletionComponents {
  readonly client: KubeClient
  /** Knows of objects without asking for them. */
  readonly watches: Pick<ObjectWatches<unknown>, 'lastSeen'>
  readonly log: Logger
}

/**
 * Deletes what a work has applied and does not want any more. Only what it owns: what other works own, too, loses this owner, and
 * what was made anew by somebody else is left alone.
 */
export async function deleteAppliedResources(
  components: DeletionComponents,
  resources: readonly AppliedManifestResource[],
  { owner, signal }: { readonly owner: OwnerReference; readonly signal: AbortSignal },
): Promise<DeletionOutcome> {
  const pending: AppliedManifestResource[] = []
  const failed: { resource: AppliedManifestResource; error: unknown }[] = []
  await inParallel(resources, MOST_AT_ONCE, async (resource) => {
    try {
      if (await isStillThere(components, resource, owner, signal)) pending.push(resource)
      else components.log.info({ resource }, 'applied resource is gone')
    } catch (error) {
      signal.throwIfAborted()
      failed.push({ resource, error })
    }
  })
  return { pending, failed }
}

async function isStillThere(
  { client, watches }: DeletionComponents,
  { group = '', version, resource: plural, namespace, name, uid }: AppliedManifestResource,
  owner: OwnerReference,
  signal: AbortSignal,
): Promise<boolean> {
  if (name === '') return false // a request would be about all objects of the resource
  const definition = { group, version, plural, namespaced: Boolean(namespace) }
  const resource = client.resource<ManifestObject>(definition)
  const key = { namespace, name }
  const seen = watches.lastSeen(definition, key)
  if (seen && seen.metadata.uid === uid && isOnlyOwnedBy(seen, owner)) {
    if (seen.metadata.deletionTimestamp) return true
    // By its version: somebody may have changed it since, and have made it theirs, too.
    const outcome = await deletion(resource, key, {
      preconditions: preconditionsOf(uid, seen.metadata.resourceVersion),
      signal,
    })
    if (outcome !== 'changed') return outcome === 'pending'
  }
  const object = await resource.find(key, { signal })
  if (!object || !isOwnedBy(object.metadata.ownerReferences, owner)) return false
  if (hasOtherWorks(object.metadata.ownerReferences, owner)) {
    await withOwner({ resource, key, owner: removalOf(owner), signal }, object)
    return false
  }
  if (object.metadata.uid !== uid) return false
  if (object.metadata.deletionTimestamp) return true
  // Where it has changed, there is another object in its place, which is not this work's.
  return (await deletion(resource, key, { preconditions: preconditionsOf(uid), signal })) === 'pending'
}

function isOnlyOwnedBy({ metadata: { ownerReferences } }: ManifestObject, owner: OwnerReference): boolean {
  return isOwnedBy(ownerReferences, owner) && !hasOtherWorks(ownerReferences, owner)
}

type Preconditions = NonNullable<DeleteOptions['preconditions']>

function preconditionsOf(uid: string | undefined, resourceVersion?: string): Preconditions {
  return { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
}

async function deletion(
  resource: ResourceClient<ManifestObject>,
  key: ObjectKey,
  { preconditions, signal }: { readonly preconditions: Preconditions; readonly signal: AbortSignal },
): Promise<'pending' | 'gone' | 'changed'> {
  try {
    const answer = await resource.delete(key, { preconditions, propagationPolicy: 'Background', signal })
    const isPending = 'metadata' in answer && Boolean((answer as ManifestObject).metadata?.deletionTimestamp)
    return isPending ? 'pending' : 'gone'
  } catch (error) {
    if (isNotFound(error)) return 'gone'
    if (isConflict(error)) return 'changed'
    throw error
  }
}
