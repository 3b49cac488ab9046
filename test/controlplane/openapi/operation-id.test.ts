import { describe, expect, it } from 'vitest'
import { operationIdAndTag, withArticle } from '../../../src/controlplane/openapi/operation-id.ts'

describe('an operation is called', () => {
  const cases: [name: string, path: string, id: string, tag: string][] = [
    ['readNamespacedPod', '/api/v1/namespaces/{namespace}/pods/{name}', 'readCoreV1NamespacedPod', 'core_v1'],
    [
      'listDeploymentForAllNamespaces',
      '/apis/apps/v1/deployments',
      'listAppsV1DeploymentForAllNamespaces',
      'apps_v1',
    ],
    [
      'deletecollectionNamespacedRole',
      '/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles',
      'deleteRbacAuthorizationV1CollectionNamespacedRole',
      'rbacAuthorization_v1',
    ],
    ['getAPIVersions', '/api/', 'getCoreAPIVersions', 'core'],
    ['getAPIVersions', '/apis/', 'getAPIVersions', 'apis'],
    [
      'getAPIGroup',
      '/apis/flowcontrol.apiserver.k8s.io/',
      'getFlowcontrolApiserverAPIGroup',
      'flowcontrolApiserver',
    ],
    [
      'createManagedCluster',
      '/apis/cluster.open-cluster-management.io/v1beta2/managedclusters',
      'createClusterOpenClusterManagementIoV1beta2ManagedCluster',
      'clusterOpenClusterManagementIo_v1beta2',
    ],
  ]
  it.each(cases)('%s at %s: %s', (name, path, id, tag) => {
    expect(operationIdAndTag(name, path)).toEqual({ id, tag })
  })

  it('by a verb', () => {
    expect(() => operationIdAndTag('fetchPod', '/api/v1/pods')).toThrow(/fetchPod/)
  })
})

describe('a noun', () => {
  it.each([
    ['Pod', 'a Pod'],
    ['Ingress', 'an Ingress'],
    ['APIService', 'an APIService'],
    ['Endpoints', 'Endpoints'],
    ['StorageClass', 'a StorageClass'],
  ])('%s becomes %s', (noun, phrase) => {
    expect(withArticle(noun)).toBe(phrase)
  })
})
