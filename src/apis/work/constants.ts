export const WORK_GROUP = 'work.open-cluster-management.io'

/** Conditions of a ManifestWork. */
export const WORK_CONDITION = {
  progressing: 'Progressing',
  applied: 'Applied',
  available: 'Available',
  degraded: 'Degraded',
  complete: 'Complete',
  deleting: 'Deleting',
} as const

/** Reasons of conditions of a ManifestWork. */
export const WORK_REASON = {
  manifestsComplete: 'ManifestsComplete',
  applying: 'Applying',
  completed: 'Completed',
  failed: 'Failed',
} as const

/** Conditions of one manifest of a ManifestWork. */
export const MANIFEST_CONDITION = {
  progressing: 'Progressing',
  applied: 'Applied',
  available: 'Available',
  degraded: 'Degraded',
  complete: 'Complete',
} as const

/** Reasons of the condition Applied of one manifest. */
export const MANIFEST_APPLIED_REASON = {
  complete: 'AppliedManifestComplete',
  failed: 'AppliedManifestFailed',
  ignoreFieldError: 'AppliedManifestSSAIgnoreFieldError',
} as const

/** Reasons of conditions that come of a manifest's condition rules. */
export const CONDITION_RULE_REASON = {
  evaluated: 'ConditionRuleEvaluated',
  invalid: 'ConditionRuleInvalid',
  expressionError: 'ConditionRuleExpressionError',
  internalError: 'ConditionRuleInternalError',
} as const

/** On a ManifestWork: what it applied goes first. */
export const MANIFEST_WORK_FINALIZER = 'cluster.open-cluster-management.io/manifest-work-cleanup'
/** On an AppliedManifestWork: what was applied goes first. */
export const APPLIED_MANIFEST_WORK_FINALIZER =
  'cluster.open-cluster-management.io/applied-manifest-work-cleanup'
/** On applied objects: a hash of the manifest. */
export const OBJECT_HASH_ANNOTATION = 'open-cluster-management.io/object-hash'
/** On a ManifestWork of an add-on: hashes of the specs of its configurations. */
export const CONFIG_SPEC_HASH_ANNOTATION = 'open-cluster-management.io/config-spec-hash'
/** Under which name the agent applies, unless a ManifestWork says otherwise. */
export const DEFAULT_FIELD_MANAGER = 'work-agent'

/** Conditions of a ManifestWorkReplicaSet. */
export const REPLICA_SET_CONDITION = {
  placementVerified: 'PlacementVerified',
  placementRolledOut: 'PlacementRolledOut',
  manifestworkApplied: 'ManifestworkApplied',
} as const

/** Reasons of conditions of a ManifestWorkReplicaSet. */
export const REPLICA_SET_REASON = {
  placementDecisionNotFound: 'PlacementDecisionNotFound',
  placementDecisionEmpty: 'PlacementDecisionEmpty',
  asExpected: 'AsExpected',
  notAsExpected: 'NotAsExpected',
  processing: 'Processing',
  progressing: 'Progressing',
  complete: 'Complete',
} as const

/** On a ManifestWork: the ManifestWorkReplicaSet that made it, as `<namespace>.<name>`. */
export const REPLICA_SET_LABEL = 'work.open-cluster-management.io/manifestworkreplicaset'
/** On a ManifestWork: the Placement that it was made for. */
export const REPLICA_SET_PLACEMENT_LABEL = 'work.open-cluster-management.io/placementname'
/** On a ManifestWorkReplicaSet: its ManifestWorks go first. */
export const REPLICA_SET_FINALIZER = 'work.open-cluster-management.io/manifest-work-cleanup'
