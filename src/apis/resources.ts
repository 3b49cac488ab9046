import type { ResourceDefinition } from './meta/resource-definition.ts'

/** Where the built-in kinds are found. */

export const NAMESPACES = core('namespaces', false)
export const SERVICE_ACCOUNTS = core('serviceaccounts')
export const CONFIG_MAPS = core('configmaps')
export const SECRETS = core('secrets')
export const PODS = core('pods')
export const NODES = core('nodes', false)
export const SERVICES = core('services')
export const ENDPOINTS = core('endpoints')

export const ENDPOINT_SLICES = inGroup('discovery.k8s.io', 'endpointslices')
/** Events are written in this group, and are found in the core group, too. */
export const EVENTS = inGroup('events.k8s.io', 'events')
export const LEASES = inGroup('coordination.k8s.io', 'leases')

export const DEPLOYMENTS = inGroup('apps', 'deployments')
export const REPLICA_SETS = inGroup('apps', 'replicasets')
export const STATEFUL_SETS = inGroup('apps', 'statefulsets')
export const DAEMON_SETS = inGroup('apps', 'daemonsets')
export const JOBS = inGroup('batch', 'jobs')

export const NETWORK_POLICIES = inGroup('networking.k8s.io', 'networkpolicies')
export const PRIORITY_CLASSES = inGroup('scheduling.k8s.io', 'priorityclasses', false)

export const ROLES = inGroup('rbac.authorization.k8s.io', 'roles')
export const ROLE_BINDINGS = inGroup('rbac.authorization.k8s.io', 'rolebindings')
export const CLUSTER_ROLES = inGroup('rbac.authorization.k8s.io', 'clusterroles', false)
export const CLUSTER_ROLE_BINDINGS = inGroup('rbac.authorization.k8s.io', 'clusterrolebindings', false)

export const VALIDATING_WEBHOOK_CONFIGURATIONS = inGroup(
  'admissionregistration.k8s.io',
  'validatingwebhookconfigurations',
  false,
)
export const MUTATING_WEBHOOK_CONFIGURATIONS = inGroup(
  'admissionregistration.k8s.io',
  'mutatingwebhookconfigurations',
  false,
)
export const VALIDATING_ADMISSION_POLICIES = inGroup(
  'admissionregistration.k8s.io',
  'validatingadmissionpolicies',
  false,
)

export const CERTIFICATE_SIGNING_REQUESTS = inGroup(
  'certificates.k8s.io',
  'certificatesigningrequests',
  false,
)

export const SUBJECT_ACCESS_REVIEWS = inGroup('authorization.k8s.io', 'subjectaccessreviews', false)
export const SELF_SUBJECT_ACCESS_REVIEWS = inGroup('authorization.k8s.io', 'selfsubjectaccessreviews', false)
export const SELF_SUBJECT_RULES_REVIEWS = inGroup('authorization.k8s.io', 'selfsubjectrulesreviews', false)
export const TOKEN_REVIEWS = inGroup('authentication.k8s.io', 'tokenreviews', false)

export const CUSTOM_RESOURCE_DEFINITIONS = inGroup('apiextensions.k8s.io', 'customresourcedefinitions', false)
export const API_SERVICES = inGroup('apiregistration.k8s.io', 'apiservices', false)

function core(plural: string, namespaced = true): ResourceDefinition {
  return inGroup('', plural, namespaced)
}

function inGroup(group: string, plural: string, namespaced = true): ResourceDefinition {
  return { group, version: 'v1', plural, namespaced }
}
