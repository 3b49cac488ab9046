export const CLUSTER_GROUP = 'cluster.open-cluster-management.io'

// Conditions of a ManagedCluster.

/** The agent has joined the hub. */
export const JOINED_CONDITION = 'ManagedClusterJoined'
/** An administrator of the hub has accepted the cluster. */
export const HUB_ACCEPTED_CONDITION = 'HubAcceptedManagedCluster'
/** An administrator of the hub has refused the cluster. */
export const HUB_DENIED_CONDITION = 'HubDeniedManagedCluster'
/** The API server of the cluster is healthy, and the agent renews its Lease. */
export const AVAILABLE_CONDITION = 'ManagedClusterConditionAvailable'
/** The clocks of the hub and of the agent agree. */
export const CLOCK_SYNCED_CONDITION = 'ManagedClusterConditionClockSynced'
/** How far the deletion of the cluster is. */
export const DELETING_CONDITION = 'Deleting'
/** How the import of the cluster by the hub went. */
export const IMPORT_SUCCEEDED_CONDITION = 'ManagedClusterImportSucceeded'

/** Reasons of the condition Deleting. */
export const DELETING_REASON = {
  resourceRemaining: 'ResourceRemaining',
  noResource: 'NoResource',
  resourceError: 'DeletingError',
} as const

// Taints that the hub puts on a ManagedCluster.

/** The availability is False. */
export const UNAVAILABLE_TAINT = 'cluster.open-cluster-management.io/unavailable'
/** The availability is unknown. */
export const UNREACHABLE_TAINT = 'cluster.open-cluster-management.io/unreachable'

/** On what belongs to one ManagedCluster: its name. */
export const CLUSTER_NAME_LABEL = 'open-cluster-management.io/cluster-name'
/** On a ManagedCluster: the exclusive set that it is in. */
export const CLUSTER_SET_LABEL = 'cluster.open-cluster-management.io/clusterset'
/** Prefix of labels on a ManagedCluster that say how its add-ons are. */
export const ADD_ON_FEATURE_LABEL_PREFIX = 'feature.open-cluster-management.io/addon-'

/** On a ManagedCluster: JSON of image registries for its add-ons. */
export const IMAGE_REGISTRIES_ANNOTATION = 'open-cluster-management.io/image-registries'
/** On resources in a cluster's namespace: 0 to 100; those with more are deleted later. */
export const CLEANUP_PRIORITY_ANNOTATION = 'open-cluster-management.io/cleanup-priority'
/** On a ManagedCluster: when it was accepted without an administrator. */
export const AUTOMATICALLY_ACCEPTED_ANNOTATION = 'open-cluster-management.io/automatically-accepted-on'
/** On a ManagedCluster: `true` when nobody is to compare its clock. */
export const SKIP_CLOCK_SYNC_CHECK_ANNOTATION =
  'registration.open-cluster-management.io/skip-clock-sync-check'
/** On a ManagedClusterSet: `false` when the hub is not to restore its spec. */
export const CLUSTER_SET_AUTO_UPDATE_ANNOTATION = 'cluster.open-cluster-management.io/autoupdate'
/** Prefix of those annotations of a ManagedCluster that the agent may write. */
export const AGENT_ANNOTATION_PREFIX = 'agent.open-cluster-management.io'
/** On a CSR made through the gRPC driver: for whom. */
export const CSR_USER_ANNOTATION = 'open-cluster-management.io/csr-user'
/** Signs certificates for the gRPC driver. */
export const GRPC_SIGNER_NAME = 'open-cluster-management.io/grpc'

/** On a ManagedCluster: its resources on the hub go first. */
export const MANAGED_CLUSTER_FINALIZER = 'cluster.open-cluster-management.io/api-resource-cleanup'
/** On a ManagedCluster and its roles: what was made for the cluster goes first. */
export const RESOURCE_CLEANUP_FINALIZER = 'cluster.open-cluster-management.io/resource-cleanup'

/** The Lease of a cluster's agent, in the cluster's namespace on the hub. */
export const MANAGED_CLUSTER_LEASE_NAME = 'managed-cluster-lease'

/** The set of clusters that are in no other. */
export const DEFAULT_CLUSTER_SET_NAME = 'default'
/** The set of all clusters. */
export const GLOBAL_CLUSTER_SET_NAME = 'global'
/** Condition of a ManagedClusterSet: no clusters are in it. */
export const CLUSTER_SET_EMPTY_CONDITION = 'ClusterSetEmpty'
/** Reasons of the condition ClusterSetEmpty. */
export const CLUSTER_SET_EMPTY_REASON = {
  clustersSelected: 'ClustersSelected',
  noClusterMatched: 'NoClusterMatched',
} as const
/** Condition of a ManagedClusterSetBinding: its set is there. */
export const CLUSTER_SET_BOUND_CONDITION = 'Bound'

// Conditions of a Placement.

export const PLACEMENT_SATISFIED_CONDITION = 'PlacementSatisfied'
export const PLACEMENT_MISCONFIGURED_CONDITION = 'PlacementMisconfigured'

/** On a PlacementDecision: the Placement. */
export const PLACEMENT_LABEL = 'cluster.open-cluster-management.io/placement'
/** On a PlacementDecision: which decision group it belongs to, from 0. */
export const DECISION_GROUP_INDEX_LABEL = 'cluster.open-cluster-management.io/decision-group-index'
/** On a PlacementDecision: the name of its decision group, perhaps empty. */
export const DECISION_GROUP_NAME_LABEL = 'cluster.open-cluster-management.io/decision-group-name'
/** On a Placement: `true` when its decisions are not to be touched. */
export const PLACEMENT_DISABLE_ANNOTATION =
  'cluster.open-cluster-management.io/experimental-scheduling-disable'
