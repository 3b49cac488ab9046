export const OPERATOR_GROUP = 'operator.open-cluster-management.io'

/** Conditions of a ClusterManager. */
export const CLUSTER_MANAGER_CONDITION = {
  applied: 'Applied',
  hubRegistrationDegraded: 'HubRegistrationDegraded',
  hubPlacementDegraded: 'HubPlacementDegraded',
  progressing: 'Progressing',
  migrationSucceeded: 'MigrationSucceeded',
  validFeatureGates: 'ValidFeatureGates',
} as const

/** A condition of a ClusterManager or Klusterlet that is being deleted: what is in the way. The original has none. */
export const DELETING_CONDITION = {
  type: 'Deleting',
  resourceRemaining: 'ResourceRemaining',
  error: 'DeletingError',
} as const

/** Reasons of conditions of a ClusterManager. */
export const CLUSTER_MANAGER_REASON = {
  applied: 'ClusterManagerApplied',
  runtimeResourceApplyFailed: 'RuntimeResourceApplyFailed',
  serviceAccountSyncFailed: 'ServiceAccountSyncFailed',
  crdApplyFailed: 'CRDApplyFailed',
  webhookApplyFailed: 'WebhookApplyFailed',
  deploymentRolling: 'ClusterManagerDeploymentRolling',
  upToDate: 'ClusterManagerUpToDate',
  storageVersionMigrationFailed: 'StorageVersionMigrationFailed',
  storageVersionMigrationProcessing: 'StorageVersionMigrationProcessing',
  storageVersionMigrationSucceed: 'StorageVersionMigrationSucceed',
  getRegistrationDeploymentFailed: 'GetRegistrationDeploymentFailed',
  unavailableRegistrationPod: 'UnavailableRegistrationPod',
  registrationFunctional: 'RegistrationFunctional',
  getPlacementDeploymentFailed: 'GetPlacementDeploymentFailed',
  unavailablePlacementPod: 'UnavailablePlacementPod',
  placementFunctional: 'PlacementFunctional',
} as const

/** Conditions of a Klusterlet. */
export const KLUSTERLET_CONDITION = {
  applied: 'Applied',
  readyToApply: 'ReadyToApply',
  available: 'Available',
  hubConnectionDegraded: 'HubConnectionDegraded',
  registrationDesiredDegraded: 'RegistrationDesiredDegraded',
  workDesiredDegraded: 'WorkDesiredDegraded',
  validFeatureGates: 'ValidFeatureGates',
} as const

/** Reasons of conditions of a Klusterlet. */
export const KLUSTERLET_REASON = {
  applied: 'KlusterletApplied',
  applyFailed: 'KlusterletApplyFailed',
  crdApplyFailed: 'CRDApplyFailed',
  managedClusterResourceApplyFailed: 'ManagedClusterResourceApplyFailed',
  managementClusterResourceApplyFailed: 'ManagementClusterResourceApplyFailed',
  prepareFailed: 'KlusterletPrepareFailed',
  prepared: 'KlusterletPrepared',
  getDeploymentFailed: 'GetDeploymentFailed',
  unavailablePods: 'UnavailablePods',
  deploymentsFunctional: 'DeploymentsFunctional',
  noAvailablePods: 'NoAvailablePods',
  available: 'KlusterletAvailable',
  hubConnectionFunctional: 'HubConnectionFunctional',
  hubKubeConfigSecretMissing: 'HubKubeConfigSecretMissing',
  hubKubeConfigMissing: 'HubKubeConfigMissing',
  hubKubeConfigError: 'HubKubeConfigError',
  clusterNameMissing: 'ClusterNameMissing',
  hubKubeConfigUnauthorized: 'HubKubeConfigUnauthorized',
} as const

/** Reasons of the condition ValidFeatureGates. */
export const FEATURE_GATES_REASON = {
  allValid: 'FeatureGatesAllValid',
  invalidExisting: 'InvalidFeatureGatesExisting',
} as const

/** On a ClusterManager: the hub goes first. */
export const CLUSTER_MANAGER_FINALIZER = 'operator.open-cluster-management.io/cluster-manager-cleanup'
/** On a Klusterlet: its agents go first. */
export const KLUSTERLET_FINALIZER = 'operator.open-cluster-management.io/klusterlet-cleanup'
/** On a Klusterlet: what its agents have on the managed cluster goes first. */
export const KLUSTERLET_HOSTED_FINALIZER = 'operator.open-cluster-management.io/klusterlet-hosted-cleanup'
/** On the namespace of agents: their Klusterlet. */
export const KLUSTERLET_NAMESPACE_LABEL = 'operator.open-cluster-management.io/klusterlet'
/** On a Klusterlet: since when its managed cluster has not been reached for cleaning up. */
export const EVICTION_TIMESTAMP_ANNOTATION =
  'operator.open-cluster-management.io/managed-resources-eviction-timestamp'
/** On a CustomResourceDefinition: the version of the operator that applied it. */
export const CRD_VERSION_ANNOTATION = 'operator.open-cluster-management.io/version'
