import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { CLUSTER_GROUP } from './constants.ts'

export type {
  ClusterDecision,
  PlacementDecision,
  PlacementDecisionStatus,
} from './crds/placementdecisions.ts'
export type {
  AddOnScore,
  ClusterClaimSelector,
  ClusterPredicate,
  ClusterSelector,
  DecisionGroup,
  DecisionGroupStatus,
  DecisionStrategy,
  GroupClusterSelector,
  Placement,
  PlacementSpec,
  PlacementStatus,
  PlacementToleration,
  PrioritizerConfig,
  PrioritizerPolicy,
  PrioritizerPolicyMode,
  ScoreCoordinate,
  SpreadConstraint,
  SpreadPolicy,
} from './crds/placements.ts'

export const PLACEMENTS = {
  group: CLUSTER_GROUP,
  version: 'v1beta1',
  plural: 'placements',
  namespaced: true,
} as const satisfies ResourceDefinition

export const PLACEMENT_DECISIONS = {
  group: CLUSTER_GROUP,
  version: 'v1beta1',
  plural: 'placementdecisions',
  namespaced: true,
} as const satisfies ResourceDefinition
