import type {
  ClusterManagementAddOn,
  ClusterManagementAddOnSpec,
  ClusterManagementAddOnStatus,
  ManagedClusterAddOn,
} from '../../../src/apis/addon/v1alpha1.ts'
import type { Placement, PlacementDecision } from '../../../src/apis/cluster/v1beta1.ts'

export const CONFIGS = { group: 'addon.open-cluster-management.io', resource: 'addondeploymentconfigs' }
export const TEMPLATES = { group: 'addon.open-cluster-management.io', resource: 'addontemplates' }

export function management(
  spec: ClusterManagementAddOnSpec = {},
  status?: ClusterManagementAddOnStatus,
  annotations: Record<string, string> = {},
): ClusterManagementAddOn {
  return { metadata: { name: 'a', uid: 'u', annotations }, spec, ...(status && { status }) }
}

export function addOn(
  cluster: string,
  { spec = {}, status, metadata }: Partial<ManagedClusterAddOn> = {},
): ManagedClusterAddOn {
  return { metadata: { name: 'a', namespace: cluster, ...metadata }, spec, ...(status && { status }) }
}

/** Placements of the namespace `p`, by name: the clusters that each has chosen. */
export function decided(chosen: Readonly<Record<string, readonly string[]>>) {
  const clustersOf = (key: string) => {
    const name = key.slice('p/'.length)
    return Object.hasOwn(chosen, name) ? chosen[name] : undefined
  }
  return {
    placement: (key: string) =>
      clustersOf(key) ? ({ metadata: { name: key }, spec: {} } as Placement) : undefined,
    decisions: (key: string): PlacementDecision[] => [
      {
        metadata: {},
        status: { decisions: (clustersOf(key) ?? []).map((clusterName) => ({ clusterName, reason: '' })) },
      },
    ],
  }
}
