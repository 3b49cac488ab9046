import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../src/apis/apps/v1.ts'
import type { KubeObject } from '../../src/apis/meta/v1.ts'
import type { Klusterlet } from '../../src/apis/operator/v1.ts'
import { type KlusterletOptions, klusterletManifests } from '../../src/manifests/klusterlet.ts'

const manifestsOf = (options: Partial<KlusterletOptions> = {}) =>
  klusterletManifests({ clusterName: 'cluster1', ...options })
const titles = (manifests: readonly KubeObject[]) =>
  manifests.map(
    ({ kind, metadata: { namespace, name } }) => `${kind} ${namespace ? `${namespace}/` : ''}${name}`,
  )
const klusterletOf = (options: Partial<KlusterletOptions> = {}) => manifestsOf(options).at(-1) as Klusterlet

describe('what clusteradm join applies', () => {
  it('is the CRD, namespaces, Secrets, the operator and the Klusterlet, in this order', () => {
    expect(titles(manifestsOf({ bootstrapKubeconfig: 'text' }))).toEqual([
      'CustomResourceDefinition klusterlets.operator.open-cluster-management.io',
      'Namespace open-cluster-management',
      'Namespace open-cluster-management-agent',
      'Secret open-cluster-management/open-cluster-management-image-pull-credentials',
      'Secret open-cluster-management-agent/bootstrap-hub-kubeconfig',
      'ServiceAccount open-cluster-management/klusterlet',
      'ClusterRole klusterlet',
      'ClusterRoleBinding klusterlet',
      'Deployment open-cluster-management/klusterlet',
      'Klusterlet klusterlet',
    ])
  })

  it('is the Klusterlet alone where there is an operator, but for what it needs', () => {
    expect(titles(manifestsOf({ operator: false, createNamespace: false }))).toEqual([
      'CustomResourceDefinition klusterlets.operator.open-cluster-management.io',
      'Secret open-cluster-management/open-cluster-management-image-pull-credentials',
      'Klusterlet klusterlet',
    ])
  })

  it('makes a Klusterlet of the mode, with the images of a version', () => {
    const images = { registry: 'example.com/ocm', tag: 'v1.2.0', overrides: { work: 'example.com/mine:1' } }
    expect(klusterletOf({ mode: 'Singleton', images }).spec).toEqual({
      deployOption: { mode: 'Singleton' },
      registrationImagePullSpec: 'example.com/ocm/registration:v1.2.0',
      workImagePullSpec: 'example.com/mine:1',
      imagePullSpec: 'example.com/ocm/registration-operator:v1.2.0',
      clusterName: 'cluster1',
      namespace: 'open-cluster-management-agent',
      resourceRequirement: { type: 'Default' },
      registrationConfiguration: {
        bootstrapKubeConfigs: { type: 'None' },
        registrationDriver: { authType: 'csr' },
      },
      workConfiguration: {},
    })
  })

  it('names a hosted Klusterlet and its namespaces after the cluster, and installs no operator', () => {
    const hosted = manifestsOf({
      mode: 'Hosted',
      bootstrapKubeconfig: 'hub',
      externalManagedKubeconfig: 'managed',
      createNamespace: false,
    })
    expect(titles(hosted)).toEqual([
      'CustomResourceDefinition klusterlets.operator.open-cluster-management.io',
      'Namespace klusterlet-cluster1',
      'Secret open-cluster-management/open-cluster-management-image-pull-credentials',
      'Secret klusterlet-cluster1/bootstrap-hub-kubeconfig',
      'Secret klusterlet-cluster1/external-managed-kubeconfig',
      'Klusterlet klusterlet-cluster1',
    ])
    expect((hosted.at(-1) as Klusterlet).spec?.namespace).toBe('open-cluster-management-cluster1')
  })

  it('has the kubeconfigs of several hubs, and a PriorityClass for all that is deployed', () => {
    const manifests = manifestsOf({
      bootstrapKubeconfigs: { 'hub-a': 'a', 'hub-b': 'b' },
      priorityClassName: 'agents',
      enableSyncLabels: true,
    })
    expect(titles(manifests)).toEqual(
      expect.arrayContaining([
        'Secret open-cluster-management-agent/hub-a',
        'Secret open-cluster-management-agent/hub-b',
        'PriorityClass agents',
      ]),
    )
    const operator = manifests.find(({ kind }) => kind === 'Deployment') as Deployment
    expect(operator.spec?.template.spec?.priorityClassName).toBe('agents')
    expect(operator.spec?.template.spec?.containers?.[0]?.args).toEqual([
      '/registration-operator',
      'klusterlet',
      '--enable-sync-labels',
    ])
    expect((manifests.at(-1) as Klusterlet).spec?.priorityClassName).toBe('agents')
  })
})
