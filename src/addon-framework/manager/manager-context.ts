import {
  CLUSTER_MANAGEMENT_ADD_ONS,
  type ClusterManagementAddOn,
  MANAGED_CLUSTER_ADD_ONS,
  type ManagedClusterAddOn,
} from '../../apis/addon/v1alpha1.ts'
import { PLACEMENT_LABEL } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import {
  PLACEMENT_DECISIONS,
  PLACEMENTS,
  type Placement,
  type PlacementDecision,
} from '../../apis/cluster/v1beta1.ts'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import { enqueueSelf, type Informer, keyOf, keyText, type Manager } from '../../kube/index.ts'
import { isInstalledByPlacements } from './lifecycle.ts'

/** Index of ManagedClusterAddOns by their name, which is that of their ClusterManagementAddOn. */
export const BY_NAME = 'name'
/** Index of ClusterManagementAddOns and PlacementDecisions by `namespace/name` of their Placements. */
export const BY_PLACEMENT = 'placement'

/** The original's: what was missed for whatever reason is noticed by then. */
const RESYNC_MS = 10 * 60_000

/** What the controllers of add-ons keep in memory, and share. All in the stored version, so that nothing need be converted for them. */
export interface AddOnInformers {
  readonly managements: Informer<ClusterManagementAddOn>
  readonly addOns: Informer<ManagedClusterAddOn>
  readonly clusters: Informer<ManagedCluster>
  readonly placements: Informer<Placement>
  readonly decisions: Informer<PlacementDecision>
}

export interface ManagerContext {
  readonly manager: Manager
  readonly informers: AddOnInformers
}

export function managerContext(manager: Manager): ManagerContext {
  const { informers } = manager
  return {
    manager,
    informers: {
      managements: informers.for<ClusterManagementAddOn>(CLUSTER_MANAGEMENT_ADD_ONS, {
        resyncMs: RESYNC_MS,
        indexers: { [BY_PLACEMENT]: placementsOf },
      }),
      addOns: informers.for<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS, {
        resyncMs: RESYNC_MS,
        indexers: { [BY_NAME]: ({ metadata }) => [metadata.name ?? ''] },
      }),
      clusters: informers.for<ManagedCluster>(MANAGED_CLUSTERS),
      placements: informers.for<Placement>(PLACEMENTS),
      decisions: informers.for<PlacementDecision>(PLACEMENT_DECISIONS, {
        indexers: { [BY_PLACEMENT]: placementOf },
      }),
    },
  }
}

/** The ClusterManagementAddOn of something that has its name. */
export function enqueueName({ metadata }: ManagedClusterAddOn): readonly ObjectKey[] {
  return [{ name: metadata.name ?? '' }]
}

/** ClusterManagementAddOns that are installed by a Placement, for the events of Placements and their decisions. */
export function enqueueByPlacement({ managements }: AddOnInformers) {
  const users = (placement: string) => managements.store.byIndex(BY_PLACEMENT, placement).flatMap(enqueueSelf)
  return {
    ofPlacement: (placement: Placement) => users(keyOf(placement)),
    ofDecision: (decision: PlacementDecision) => placementOf(decision).flatMap(users),
  }
}

function placementsOf(management: ClusterManagementAddOn): readonly string[] {
  if (!isInstalledByPlacements(management)) return []
  return (management.spec.installStrategy?.placements ?? []).map(keyText)
}

function placementOf({ metadata }: PlacementDecision): readonly string[] {
  const name = metadata.labels?.[PLACEMENT_LABEL]
  return name ? [keyText({ namespace: metadata.namespace, name })] : []
}
