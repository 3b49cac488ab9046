import { CLUSTER_MANAGER_FINALIZER } from '../../apis/operator/constants.ts'
import type { ClusterManager } from '../../apis/operator/v1.ts'
import { isHosted } from './hub-names.ts'

/**
 * Whose the hub of this cluster is. Hubs that are not hosted have the same namespace, CRDs and webhooks, so that there can be one:
 * that of whoever was realised first, else of the oldest. Undefined where nobody wants one.
 */
export function makerOfHub(clusterManagers: readonly ClusterManager[]): ClusterManager | undefined {
  const [maker] = clusterManagers.filter((each) => !isHosted(each)).sort(byClaim)
  return maker
}

function byClaim(one: ClusterManager, other: ClusterManager): number {
  return (
    Number(isRealised(other)) - Number(isRealised(one)) ||
    compare(one.metadata.creationTimestamp, other.metadata.creationTimestamp) ||
    compare(one.metadata.name, other.metadata.name)
  )
}

function isRealised({ metadata }: ClusterManager): boolean {
  return metadata.finalizers?.includes(CLUSTER_MANAGER_FINALIZER) ?? false
}

function compare(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other)
}
