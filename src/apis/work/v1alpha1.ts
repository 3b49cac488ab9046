import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { WORK_GROUP } from './constants.ts'

export type {
  ManifestWorkReplicaSet,
  ManifestWorkReplicaSetSpec,
  ManifestWorkReplicaSetStatus,
  ManifestWorkReplicaSetSummary,
  PlacementReference,
  PlacementSummary,
} from './crds/manifestworkreplicasets.ts'

export const MANIFEST_WORK_REPLICA_SETS = {
  group: WORK_GROUP,
  version: 'v1alpha1',
  plural: 'manifestworkreplicasets',
  namespaced: true,
} as const satisfies ResourceDefinition
