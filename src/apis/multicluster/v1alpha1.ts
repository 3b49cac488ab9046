import type { ResourceDefinition } from '../meta/resource-definition.ts'

export type {
  AccessProvider,
  ClusterProfile,
  ClusterProfileSpec,
  ClusterProfileStatus,
  ClusterProperty,
} from './crds/clusterprofiles.ts'

export const CLUSTER_PROFILES = {
  group: 'multicluster.x-k8s.io',
  version: 'v1alpha1',
  plural: 'clusterprofiles',
  namespaced: true,
} as const satisfies ResourceDefinition

/** The name of the manager in ClusterProfiles. */
export const CLUSTER_PROFILE_MANAGER = 'open-cluster-management'
/** On a ClusterProfile: its manager. */
export const CLUSTER_MANAGER_LABEL = 'x-k8s.io/cluster-manager'
/** On a ClusterProfile: the set that its cluster is in. */
export const CLUSTER_SET_LABEL = 'multicluster.x-k8s.io/clusterset'
