/** The gates of each component, and whether they are open by default. */

export const HUB_REGISTRATION_GATES = {
  DefaultClusterSet: true,
  ResourceCleanup: true,
  V1beta1CSRAPICompatibility: false,
  ManagedClusterAutoApproval: false,
  ClusterProfile: false,
  ClusterImporter: false,
} as const satisfies FeatureGateDefaults

export const SPOKE_REGISTRATION_GATES = {
  ClusterClaim: true,
  AddonManagement: true,
  ClusterProperty: false,
  V1beta1CSRAPICompatibility: false,
  MultipleHubs: false,
} as const satisfies FeatureGateDefaults

export const HUB_WORK_GATES = {
  NilExecutorValidating: false,
  ManifestWorkReplicaSet: false,
  CloudEventsDrivers: false,
  CleanUpCompletedManifestWork: false,
} as const satisfies FeatureGateDefaults

export const SPOKE_WORK_GATES = {
  ExecutorValidatingCaches: false,
  RawFeedbackJsonString: false,
} as const satisfies FeatureGateDefaults

export const ADD_ON_MANAGER_GATES = { AddonManagement: true } as const satisfies FeatureGateDefaults

export const PLACEMENT_GATES = {
  SIGPlacementDecision: false,
  PlacementDebugServer: false,
} as const satisfies FeatureGateDefaults

export type FeatureGateDefaults = Readonly<Record<string, boolean>>
