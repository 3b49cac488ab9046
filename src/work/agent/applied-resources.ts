import type { OwnerReference } from '../../apis/meta/v1.ts'
import type { AppliedManifestResource } from '../../apis/work/v1.ts'
import { inParallel } from '../../common/in-parallel.ts'
import type { Logger } from '../../common/log.ts'
import { isConflict, isNotFound, type KubeClient } from '../../kube/index.ts'
import { withOwner } from './apply/applier.ts'
import type { ManifestObject } from './manifest-object.ts'
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
  readonly log: Logger
}

/**
 * Deletes what a work has applied and does not want any more. Only what it owns: what other works own, too, loses this owner, and
 * what was made anew by somebody else is left alone.
 */
export async function deleteAppliedResources(
  { client, log }: DeletionComponents,
  resources: readonly AppliedManifestResource[],
  { owner, signal }: { readonly owner: OwnerReference; readonly signal: AbortSignal },
): Promise<DeletionOutcome> {
  const pending: AppliedManifestResource[] = []
  const failed: { resource: AppliedManifestResource; error: unknown }[] = []
  await inParallel(resources, MOST_AT_ONCE, async (resource) => {
    try {
      if (await isStillThere(client, resource, owner, signal)) pending.push(resource)
      else log.info({ resource }, 'applied resource is gone')
    } catch (error) {
      signal.throwIfAborted()
      failed.push({ resource, error })
    }
  })
  return { pending, failed }
}

async function isStillThere(
  client: KubeClient,
  { group = '', version, resource: plural, namespace, name, uid }: AppliedManifestResource,
  owner: OwnerReference,
  signal: AbortSignal,
): Promise<boolean> {
  if (name === '') return false // a request would be about all objects of the resource
  const definition = { group, version, plural, namespaced: Boolean(namespace) }
  const resource = client.resource<ManifestObject>(definition)
  const key = { namespace, name }
  const object = await resource.find(key, { signal })
  if (!object || !isOwnedBy(object.metadata.ownerReferences, owner)) return false
  if (hasOtherWorks(object.metadata.ownerReferences, owner)) {
    await withOwner({ resource, key, owner: removalOf(owner), signal }, object)
    return false
  }
  if (object.metadata.uid !== uid) return false
  if (object.metadata.deletionTimestamp) return true
  try {
    const preconditions = uid === undefined ? {} : { preconditions: { uid } }
    const answer = await resource.delete(key, { ...preconditions, propagationPolicy: 'Background', signal })
    return 'metadata' in answer && Boolean((answer as ManifestObject).metadata?.deletionTimestamp)
  } catch (error) {
    // In its place there is another object, which is not this work's.
    if (isNotFound(error) || isConflict(error)) return false
    throw error
  }
}
