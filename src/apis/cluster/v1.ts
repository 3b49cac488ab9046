import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { CLUSTER_GROUP } from './constants.ts'

export type {
  ClientConfig,
  ClusterSetManagedNamespace,
  ManagedCluster,
  ManagedClusterClaim,
  ManagedClusterSpec,
  ManagedClusterStatus,
  Taint,
  TaintEffect,
} from './crds/managedclusters.ts'

export const MANAGED_CLUSTERS = {
  group: CLUSTER_GROUP,
  version: 'v1',
  plural: 'managedclusters',
  namespaced: false,
} as const satisfies ResourceDefinition
