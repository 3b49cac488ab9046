import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { CLUSTER_GROUP } from './constants.ts'

export type {
  AddOnPlacementScore,
  AddOnPlacementScoreItem,
  AddOnPlacementScoreStatus,
} from './crds/addonplacementscores.ts'
export type { ClusterClaim, ClusterClaimSpec } from './crds/clusterclaims.ts'
export type {
  MandatoryDecisionGroup,
  RolloutAll,
  RolloutProgressive,
  RolloutProgressivePerGroup,
  RolloutStrategy,
} from './crds/rollout-strategy.ts'

export const CLUSTER_CLAIMS = {
  group: CLUSTER_GROUP,
  version: 'v1alpha1',
  plural: 'clusterclaims',
  namespaced: false,
} as const satisfies ResourceDefinition

export const ADD_ON_PLACEMENT_SCORES = {
  group: CLUSTER_GROUP,
  version: 'v1alpha1',
  plural: 'addonplacementscores',
  namespaced: true,
} as const satisfies ResourceDefinition
