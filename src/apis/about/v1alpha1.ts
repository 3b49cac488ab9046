import type { ResourceDefinition } from '../meta/resource-definition.ts'

export type { ClusterProperty, ClusterPropertySpec } from './crds/clusterproperties.ts'

export const CLUSTER_PROPERTIES = {
  group: 'about.k8s.io',
  version: 'v1alpha1',
  plural: 'clusterproperties',
  namespaced: false,
} as const satisfies ResourceDefinition
