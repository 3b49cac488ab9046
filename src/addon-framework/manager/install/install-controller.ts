import { ADD_ON_GROUP } from '../../../apis/addon/constants.ts'
import type { ClusterManagementAddOn, ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import { type Controller, deleteObject, enqueueSelf, isAlreadyExists } from '../../../kube/index.ts'
import { attemptAll } from '../../objects/attempt-all.ts'
import { isInstalledByPlacements, isManagedByUs, ownerReferenceOf } from '../lifecycle.ts'
import { BY_NAME, enqueueByPlacement, enqueueName, type ManagerContext } from '../manager-context.ts'
import { annotationsForAddOns, withClusterAnnotations } from './cluster-annotations.ts'
import { wantedClusters } from './wanted-clusters.ts'

/** Writes of one add-on at once. */
const CONCURRENCY = 8

/** Brings add-ons to the clusters that Placements choose, and takes them from all others: `addon-management-controller` of the original. */
export function addInstallController({ manager, informers }: ManagerContext): Controller {
  const { managements, addOns, clusters, placements, decisions } = informers
  const enqueue = enqueueByPlacement(informers)
  return manager
    .controller({
      name: 'addon-management-controller',
      concurrency: 2,
      reconcile: async ({ name }, { signal }) => {
        const management = managements.store.get(name)
        if (!management || management.metadata.deletionTimestamp) return
        if (!isManagedByUs(management) || !isInstalledByPlacements(management)) return
        const wanted = wantedClusters(management.spec.installStrategy?.placements ?? [], informers)
        const existing = addOns.store.byIndex(BY_NAME, name)
        const known = new Set(existing.map(({ metadata }) => metadata.namespace ?? ''))
        // A cluster that is decided on, and not seen yet, is an event to come.
        const missing = [...wanted].flatMap((cluster) =>
          known.has(cluster) ? [] : (clusters.store.get(cluster) ?? []),
        )
        await attemptAll(missing, CONCURRENCY, async (cluster) => {
          try {
            await addOns.resource.create(addOnOf(management, cluster), { signal })
          } catch (error) {
            if (!isAlreadyExists(error)) throw error
          }
        })
        const surplus = existing.filter(
          ({ metadata }) => !wanted.has(metadata.namespace ?? '') && !metadata.deletionTimestamp,
        )
        await attemptAll(surplus, CONCURRENCY, (addOn) => deleteObject(addOns, addOn, signal))
      },
    })
    .watch(managements)
    .watch(addOns, { map: enqueueName })
    .watch(placements, { map: enqueue.ofPlacement })
    .watch(decisions, { map: enqueue.ofDecision })
    .watch(clusters, {
      map: () => managements.store.list().filter(isInstalledByPlacements).flatMap(enqueueSelf),
      predicates: [{ onUpdate: () => false, onDelete: () => false }],
    })
}

function addOnOf(management: ClusterManagementAddOn, cluster: ManagedCluster): ManagedClusterAddOn {
  const addOn: ManagedClusterAddOn = {
    apiVersion: `${ADD_ON_GROUP}/v1alpha1`,
    kind: 'ManagedClusterAddOn',
    metadata: {
      name: management.metadata.name ?? '',
      namespace: cluster.metadata.name ?? '',
      ownerReferences: [ownerReferenceOf(management)],
    },
    spec: {},
  }
  return withClusterAnnotations(addOn, annotationsForAddOns(cluster)) ?? addOn
}
