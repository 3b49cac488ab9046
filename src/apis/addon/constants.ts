export const ADD_ON_GROUP = 'addon.open-cluster-management.io'

/** Conditions of a ManagedClusterAddOn. */
export const ADD_ON_CONDITION = {
  available: 'Available',
  degraded: 'Degraded',
  configured: 'Configured',
  progressing: 'Progressing',
  manifestApplied: 'ManifestApplied',
  hookManifestCompleted: 'HookManifestCompleted',
  hostingManifestApplied: 'HostingManifestApplied',
  hostingClusterValidity: 'HostingClusterValidity',
  registrationApplied: 'RegistrationApplied',
  clusterCertificateRotated: 'ClusterCertificateRotated',
  tokenInfrastructureReady: 'TokenInfrastructureReady',
  tokenRefreshed: 'TokenRefreshed',
} as const

/** Reasons of the condition Available. */
export const ADD_ON_AVAILABLE_REASON = {
  workNotFound: 'WorkNotFound',
  workApplyFailed: 'WorkApplyFailed',
  workNotApplied: 'WorkNotApplied',
  workApplied: 'WorkApplied',
  noProbeResult: 'NoProbeResult',
  probeUnavailable: 'ProbeUnavailable',
  probeAvailable: 'ProbeAvailable',
  leaseUpdateStopped: 'ManagedClusterAddOnLeaseUpdateStopped',
  leaseNotFound: 'ManagedClusterAddOnLeaseNotFound',
  leaseUpdated: 'ManagedClusterAddOnLeaseUpdated',
} as const

/** Reasons of the conditions ManifestApplied and HostingManifestApplied. */
export const ADD_ON_MANIFEST_APPLIED_REASON = {
  workApplyFailed: 'ManifestWorkApplyFailed',
  manifestsApplied: 'AddonManifestApplied',
  manifestsApplyFailed: 'AddonManifestAppliedFailed',
} as const

/** Reasons of the condition HookManifestCompleted. */
export const ADD_ON_HOOK_COMPLETED_REASON = {
  completed: 'HookManifestIsCompleted',
  notCompleted: 'HookManifestIsNotCompleted',
} as const

/** Reasons of the condition HostingClusterValidity. */
export const ADD_ON_HOSTING_CLUSTER_REASON = {
  valid: 'HostingClusterValid',
  invalid: 'HostingClusterInvalid',
} as const

/** Reasons of the condition Configured. */
export const ADD_ON_CONFIGURED_REASON = {
  configured: 'ConfigurationsConfigured',
  notConfigured: 'ConfigurationsNotConfigured',
} as const

/** Reasons of the condition Progressing. */
export const ADD_ON_PROGRESSING_REASON = {
  progressing: 'Progressing',
  completed: 'Completed',
  failed: 'Failed',
  waitingForCanary: 'WaitingForCanary',
  configurationUnsupported: 'ConfigurationUnsupported',
  waitingForManifestApplied: 'WaitingForManifestApplied',
  waitingForHostingManifestApplied: 'WaitingForHostingManifestApplied',
} as const

/** Reasons of the condition RegistrationApplied. */
export const ADD_ON_REGISTRATION_REASON = {
  nilRegistration: 'NilRegistration',
  setPermissionFailed: 'SetPermissionFailed',
  setPermissionApplied: 'SetPermissionApplied',
  permissionConfigPending: 'PermissionConfigPending',
} as const

/** On what belongs to an add-on: its name. */
export const ADD_ON_NAME_LABEL = 'open-cluster-management.io/addon-name'
/** On a hosted ManifestWork: the namespace of its ManagedClusterAddOn. */
export const ADD_ON_NAMESPACE_LABEL = 'open-cluster-management.io/addon-namespace'
/** On what was made from an AddOnTemplate: its name. */
export const ADD_ON_TEMPLATE_NAME_LABEL = 'open-cluster-management.io/addon-template-name'
/** On objects of the token driver: `true`. */
export const TOKEN_INFRASTRUCTURE_LABEL = 'addon.open-cluster-management.io/token-infrastructure'

/** On a ManagedClusterAddOn: the cluster that runs its agent in place of its own. */
export const HOSTING_CLUSTER_NAME_ANNOTATION = 'addon.open-cluster-management.io/hosting-cluster-name'
/** On a manifest (as annotation or label): it runs before the add-on is deleted. */
export const PRE_DELETE_HOOK_KEY = 'addon.open-cluster-management.io/addon-pre-delete'
/** On a manifest: it stays when the add-on is deleted. */
export const DELETION_ORPHAN_ANNOTATION = 'addon.open-cluster-management.io/deletion-orphan'
/** On a manifest of a hosted add-on (as annotation or label): where it goes. */
export const HOSTED_MANIFEST_LOCATION_KEY = 'addon.open-cluster-management.io/hosted-manifest-location'
/** Values of HOSTED_MANIFEST_LOCATION_KEY; the default is `managed`. */
export const HOSTED_MANIFEST_LOCATION = { managed: 'managed', hosting: 'hosting', none: 'none' } as const
/** On a ManagedCluster: add-ons are not to be installed of themselves. */
export const DISABLE_AUTOMATIC_INSTALLATION_ANNOTATION =
  'addon.open-cluster-management.io/disable-automatic-installation'
/** On a ClusterManagementAddOn: who manages its lifecycle. */
export const ADD_ON_LIFECYCLE_ANNOTATION = 'addon.open-cluster-management.io/lifecycle'
/** Values of ADD_ON_LIFECYCLE_ANNOTATION; absent means `addon-manager`. */
export const ADD_ON_LIFECYCLE = { addOnManager: 'addon-manager', self: 'self' } as const
/** On a ManagedClusterAddOn: values for its chart, as JSON. */
export const ADD_ON_VALUES_ANNOTATION = 'addon.open-cluster-management.io/values'
/** On a ManagedClusterAddOn of v1beta1: what v1alpha1 has as `spec.installNamespace`. */
export const INSTALL_NAMESPACE_ANNOTATION = 'addon.open-cluster-management.io/v1alpha1-install-namespace'

/** On a ManagedClusterAddOn: its hooks run first. */
export const PRE_DELETE_HOOK_FINALIZER = 'addon.open-cluster-management.io/addon-pre-delete'
/** On a ManagedClusterAddOn: its hooks on the hosting cluster run first. */
export const HOSTING_PRE_DELETE_HOOK_FINALIZER = 'addon.open-cluster-management.io/hosting-addon-pre-delete'
/** On a ManagedClusterAddOn: its manifests on the hosting cluster go first. */
export const HOSTING_MANIFESTS_FINALIZER = 'addon.open-cluster-management.io/hosting-manifests-cleanup'
/** Finalizers of old versions, which are taken off. */
export const DEPRECATED_FINALIZERS = [
  'cluster.open-cluster-management.io/addon-pre-delete',
  'cluster.open-cluster-management.io/hosting-addon-pre-delete',
  'cluster.open-cluster-management.io/hosting-manifests-cleanup',
] as const

/** Where agents of add-ons are installed unless something else is said. */
export const DEFAULT_AGENT_INSTALL_NAMESPACE = 'open-cluster-management-agent-addon'

/**
 * In v1beta1 every default configuration has a name. This one, which no object can have, says that v1alpha1 has none.
 */
export const NO_DEFAULT_CONFIG_NAME = '__reserved_no_default__'
