import type { ResourceDefinition } from '../kube/index.ts'

/** Where the built-in kinds that controllers deal with are found. */

export const NAMESPACES = core('namespaces', false)
export const SERVICE_ACCOUNTS = core('serviceaccounts')
export const CONFIG_MAPS = core('configmaps')
export const SECRETS = core('secrets')
export const PODS = core('pods')
export const NODES = core('nodes', false)
export const SERVICES = core('services')
export const ENDPOINTS = core('endpoints')

export const ENDPOINT_SLICES: ResourceDefinition = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  namespaced: true,
}

export const DEPLOYMENTS: ResourceDefinition = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  namespaced: true,
}

export const REPLICA_SETS: ResourceDefinition = {
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  namespaced: true,
}

export const JOBS: ResourceDefinition = { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true }

export const CLUSTER_ROLES: ResourceDefinition = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  namespaced: false,
}

export const VALIDATING_ADMISSION_POLICIES: ResourceDefinition = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicies',
  namespaced: false,
}

export const SIGNING_REQUESTS: ResourceDefinition = {
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
  namespaced: false,
}

export const SUBJECT_ACCESS_REVIEWS: ResourceDefinition = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  namespaced: false,
}

export const CUSTOM_RESOURCE_DEFINITIONS: ResourceDefinition = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
}

function core(plural: string, namespaced = true): ResourceDefinition {
  return { group: '', version: 'v1', plural, namespaced }
}
