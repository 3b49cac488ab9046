import { isDeepStrictEqual } from 'node:util'
import { CLUSTER_SET_EMPTY_CONDITION, CLUSTER_SET_EMPTY_REASON } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Controller, NewCondition } from '../../../kube/index.ts'
import type { HubContext } from '../hub-context.ts'
import { ClusterSetMembership } from './membership.ts'

/** Says of each set how many clusters are in it. */
export function addClusterSetController({ manager, client, informers, patchers }: HubContext): Controller {
  const { clusters, clusterSets } = informers
  const membership = new ClusterSetMembership(informers)
  const controller = manager.controller({
    name: 'managed-cluster-set',
    async reconcile({ name }, { signal }) {
      const set = clusterSets.store.get(name)
      if (!set || set.metadata.deletionTimestamp) return
      const wanted = emptyCondition(membership.clustersOf(set).length)
      await patchers.clusterSets.setConditions(set, [wanted], { signal, now: client.clock.now() })
    },
  })
  return controller.watch(clusterSets).watch<ManagedCluster>(clusters, {
    map: (cluster) => membership.setsOf(cluster).map(({ metadata }) => ({ name: metadata.name ?? '' })),
    predicates: [{ onUpdate: labelsChanged }],
  })
}

export function labelsChanged(previous: ManagedCluster, cluster: ManagedCluster): boolean {
  return !isDeepStrictEqual(previous.metadata.labels, cluster.metadata.labels)
}

function emptyCondition(count: number): NewCondition {
  const type = CLUSTER_SET_EMPTY_CONDITION
  if (count === 0) {
    const reason = CLUSTER_SET_EMPTY_REASON.noClusterMatched
    return { type, status: 'True', reason, message: 'No ManagedCluster selected' }
  }
  const reason = CLUSTER_SET_EMPTY_REASON.clustersSelected
  return { type, status: 'False', reason, message: `${count} ManagedClusters selected` }
}
