import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { CLUSTER_GROUP } from './constants.ts'

export type {
  ManagedClusterSetBinding,
  ManagedClusterSetBindingSpec,
  ManagedClusterSetBindingStatus,
} from './crds/managedclustersetbindings.ts'
export type {
  ManagedClusterSelector,
  ManagedClusterSet,
  ManagedClusterSetSpec,
  ManagedClusterSetStatus,
  ManagedNamespace,
} from './crds/managedclustersets.ts'

export const MANAGED_CLUSTER_SETS = {
  group: CLUSTER_GROUP,
  version: 'v1beta2',
  plural: 'managedclustersets',
  namespaced: false,
} as const satisfies ResourceDefinition

export const MANAGED_CLUSTER_SET_BINDINGS = {
  group: CLUSTER_GROUP,
  version: 'v1beta2',
  plural: 'managedclustersetbindings',
  namespaced: true,
} as const satisfies ResourceDefinition
