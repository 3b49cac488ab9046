import { PLACEMENT_LABEL } from '../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../apis/cluster/v1.ts'
import { ADD_ON_PLACEMENT_SCORES, type AddOnPlacementScore } from '../apis/cluster/v1alpha1.ts'
import {
  PLACEMENT_DECISIONS,
  PLACEMENTS,
  type Placement,
  type PlacementDecision,
} from '../apis/cluster/v1beta1.ts'
import {
  MANAGED_CLUSTER_SET_BINDINGS,
  MANAGED_CLUSTER_SETS,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
} from '../apis/cluster/v1beta2.ts'
import { type Informer, keyText, type Manager } from '../kube/index.ts'
import { BY_SCORE, BY_SET, scoresLookedAt } from './impacted-placements.ts'

/** Index of PlacementDecisions by the Placement that they are of. */
export const BY_PLACEMENT = 'placement'

/** The original's: what expires without anybody's word, such as a score, is noticed by then. */
const RESYNC_MS = 10 * 60_000

export interface PlacementInformers {
  readonly placements: Informer<Placement>
  readonly decisions: Informer<PlacementDecision>
  readonly clusters: Informer<ManagedCluster>
  readonly sets: Informer<ManagedClusterSet>
  readonly bindings: Informer<ManagedClusterSetBinding>
  readonly scores: Informer<AddOnPlacementScore>
}

export function placementInformers({ informers }: Manager): PlacementInformers {
  return {
    placements: informers.for<Placement>(PLACEMENTS, {
      resyncMs: RESYNC_MS,
      indexers: { [BY_SCORE]: scoresLookedAt },
    }),
    decisions: informers.for<PlacementDecision>(PLACEMENT_DECISIONS, {
      indexers: { [BY_PLACEMENT]: placementOf },
    }),
    clusters: informers.for<ManagedCluster>(MANAGED_CLUSTERS),
    sets: informers.for<ManagedClusterSet>(MANAGED_CLUSTER_SETS),
    bindings: informers.for<ManagedClusterSetBinding>(MANAGED_CLUSTER_SET_BINDINGS, {
      indexers: { [BY_SET]: ({ metadata }) => [metadata.name ?? ''] },
    }),
    scores: informers.for<AddOnPlacementScore>(ADD_ON_PLACEMENT_SCORES),
  }
}

function placementOf({ metadata }: PlacementDecision): readonly string[] {
  const name = metadata.labels?.[PLACEMENT_LABEL]
  return name ? [keyText({ namespace: metadata.namespace, name })] : []
}
