import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import {
  DELETING_CONDITION,
  DELETING_REASON,
  RESOURCE_CLEANUP_FINALIZER,
} from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { KubeObject } from '../../../apis/meta/v1.ts'
import { errorMessage } from '../../../common/errors.ts'
import {
  type Controller,
  deleteObject,
  hasFinalizer,
  type NewCondition,
  type ReconcileResult,
  type SourceOptions,
} from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import {
  type CleanupResource,
  cleanupResource,
  DEFAULT_CLEANUP_RESOURCES,
  firstToGo,
  parseCleanupResource,
} from './cleanup-resource.ts'

/** Of kinds that no event tells of. */
const LOOK_AGAIN_MS = 5_000

/**
 * Deletes what is in the namespace of a cluster that is deleted, one kind after the other and within a kind by priority, and lets the cluster
 * go when all of that has gone. With the gate ResourceCleanup closed it only lets go.
 */
export function addCleanupController(context: HubContext): Controller {
  const { client, informers, patchers, options } = context
  const { clusters } = informers
  const isOpen = options.gates.ResourceCleanup
  const resources = (options.cleanupResources ?? DEFAULT_CLEANUP_RESOURCES)
    .map(parseCleanupResource)
    .map((definition) => cleanupResource(definition, informers, client))

  async function reconcile(name: string, signal: AbortSignal): Promise<ReconcileResult | undefined> {
    const cluster = clusters.store.get(name)
    if (cluster && !cluster.metadata.deletionTimestamp) {
      if (isOpen) await patchers.clusters.addFinalizer(cluster, RESOURCE_CLEANUP_FINALIZER, { signal })
      return undefined
    }
    if (cluster && !hasFinalizer(cluster, RESOURCE_CLEANUP_FINALIZER)) return undefined
    const tell = async (condition: NewCondition) => {
      if (!cluster) return
      await patchers.clusters.setConditions(cluster, [condition], { signal, now: client.clock.now() })
    }
    const remaining = isOpen ? await cleanUp(name, tell, signal) : undefined
    if (remaining) return remaining.isWatched ? undefined : { requeueAfterMs: LOOK_AGAIN_MS }
    if (isOpen) await tell(NOTHING_LEFT)
    if (cluster) await patchers.clusters.removeFinalizer(cluster, RESOURCE_CLEANUP_FINALIZER, { signal })
    return undefined
  }

  /** Resolves with the kind of which something is still there. */
  async function cleanUp(
    namespace: string,
    tell: (condition: NewCondition) => Promise<void>,
    signal: AbortSignal,
  ): Promise<CleanupResource | undefined> {
    for (const resource of resources) {
      try {
        const objects = await resource.list(namespace, signal)
        if (objects.length === 0) continue
        await tell(remainingCondition(resource, objects))
        await deleteAll(resource, firstToGo(objects), signal)
        return resource
      } catch (error) {
        signal.throwIfAborted()
        await tell({
          type: DELETING_CONDITION,
          status: 'False',
          reason: DELETING_REASON.resourceError,
          message: `failed to clean up ${resource.definition.plural}: ${errorMessage(error)}`,
        })
        throw error
      }
    }
    return undefined
  }

  async function deleteAll(
    { definition }: CleanupResource,
    objects: readonly KubeObject[],
    signal: AbortSignal,
  ): Promise<void> {
    const resource = client.resource<KubeObject>(definition)
    const going = objects.filter(({ metadata }) => !metadata.deletionTimestamp)
    await Promise.all(going.map((object) => deleteObject({ resource }, object, signal)))
  }

  // What has gone is a reason to look what is left, of a cluster that is going, too.
  const left: SourceOptions<KubeObject> = {
    map: ({ metadata }: KubeObject) => [{ name: metadata.namespace ?? '' }],
    predicates: [
      {
        onAdd: isOfLeaving,
        onUpdate: () => false,
        onDelete: isOfLeaving,
      },
    ],
  }
  function isOfLeaving({ metadata }: KubeObject): boolean {
    return clusters.store.get(metadata.namespace ?? '')?.metadata.deletionTimestamp !== undefined
  }
  return clusterController(context, 'resource-cleanup', ({ name }, { signal }) => reconcile(name, signal))
    .watch<ManagedCluster>(clusters)
    .watch<ManagedClusterAddOn>(informers.addOns, left)
    .watch(informers.works, left)
}

const NOTHING_LEFT: NewCondition = {
  type: DELETING_CONDITION,
  status: 'True',
  reason: DELETING_REASON.noResource,
  message: 'No cleaned resource in cluster ns.',
}

/** The original's words, with its misspelling. */
function remainingCondition(
  { definition: { plural } }: CleanupResource,
  objects: readonly KubeObject[],
): NewCondition {
  const pending = objects.filter(({ metadata }) => metadata.finalizers?.length).length
  return {
    type: DELETING_CONDITION,
    status: 'False',
    reason: DELETING_REASON.resourceRemaining,
    message: `The resource ${plural} is remaning, the remaining count is ${objects.length}, the finalizer pending count is ${pending}`,
  }
}
