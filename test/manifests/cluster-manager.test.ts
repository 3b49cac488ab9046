import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../src/apis/apps/v1.ts'
import type { ClusterManager } from '../../src/apis/operator/v1.ts'
import { clusterManagerManifests } from '../../src/manifests/cluster-manager.ts'
import { imageReference, versionBundle } from '../../src/manifests/images.ts'

const listOf = (...args: Parameters<typeof clusterManagerManifests>) =>
  clusterManagerManifests(...args).map(({ kind, metadata }) =>
    [kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join(' '),
  )

describe('what clusteradm init applies', () => {
  it('is this, in this order', () => {
    expect(listOf()).toEqual([
      'CustomResourceDefinition clustermanagers.operator.open-cluster-management.io',
      'Namespace open-cluster-management',
      'ServiceAccount open-cluster-management cluster-manager',
      'ServiceAccount open-cluster-management agent-registration-bootstrap',
      'Secret open-cluster-management open-cluster-management-image-pull-credentials',
      'ClusterRole open-cluster-management:bootstrap',
      'ClusterRoleBinding open-cluster-management:bootstrap:agent-registration',
      'ClusterRole cluster-manager',
      'ClusterRoleBinding cluster-manager',
      'Deployment open-cluster-management cluster-manager',
      'ClusterManager cluster-manager',
    ])
  })

  it('has a bootstrap token in the place of a service account', () => {
    const list = listOf({ bootstrap: { tokenSecret: '0123456789abcdef' }, createNamespace: false })
    expect(list).toContain('Secret kube-system bootstrap-token-ocmhub')
    expect(list).toContain('ClusterRoleBinding open-cluster-management:bootstrap:managedcluster')
    expect(
      list.filter((line) => line.includes('agent-registration') || line.startsWith('Namespace')),
    ).toEqual([])
    const secret = clusterManagerManifests({ bootstrap: { tokenSecret: '0123456789abcdef' } }).find(
      ({ metadata }) => metadata.name === 'bootstrap-token-ocmhub',
    )
    expect(secret).toMatchObject({
      type: 'bootstrap.kubernetes.io/token',
      metadata: { labels: { app: 'cluster-manager' } },
      data: {
        'token-id': btoa('ocmhub'),
        'token-secret': btoa('0123456789abcdef'),
        'usage-bootstrap-authentication': btoa('true'),
        'auth-extra-groups': btoa('system:bootstrappers:managedcluster'),
      },
    })
  })

  it('runs the operator by the command and the probes of the original', () => {
    const images = { registry: 'example.com/ocm', tag: 'v9.9.9' }
    const deployment = clusterManagerManifests({ images, replicas: 1, enableSyncLabels: true }).find(
      ({ kind }) => kind === 'Deployment',
    ) as Deployment
    expect(deployment.metadata.labels).toEqual({ app: 'cluster-manager' })
    expect(deployment.spec.replicas).toBe(1)
    const [container] = deployment.spec.template.spec?.containers ?? []
    const image = 'example.com/ocm/registration-operator:v9.9.9'
    expect(container).toMatchObject({
      name: 'registration-operator',
      image,
      args: ['/registration-operator', 'hub', '--enable-sync-labels'],
      startupProbe: { httpGet: { path: '/healthz', scheme: 'HTTPS', port: 8443 }, periodSeconds: 1 },
      readinessProbe: { httpGet: { path: '/healthz', scheme: 'HTTPS', port: 8443 } },
      livenessProbe: { httpGet: { path: '/healthz', scheme: 'HTTPS', port: 8443 } },
    })
    expect(container?.env).toContainEqual({ name: 'AGENT_IMAGE', value: image })
  })

  it('ends with the ClusterManager of the original', () => {
    const { spec } = clusterManagerManifests().at(-1) as ClusterManager
    expect(spec).toEqual({
      registrationImagePullSpec: 'quay.io/open-cluster-management/registration:v1.3.1',
      workImagePullSpec: 'quay.io/open-cluster-management/work:v1.3.1',
      placementImagePullSpec: 'quay.io/open-cluster-management/placement:v1.3.1',
      addOnManagerImagePullSpec: 'quay.io/open-cluster-management/addon-manager:v1.3.1',
      deployOption: { mode: 'Default' },
      resourceRequirement: { type: 'Default' },
      registrationConfiguration: {
        autoApproveUsers: ['system:serviceaccount:open-cluster-management:agent-registration-bootstrap'],
        featureGates: [
          { feature: 'DefaultClusterSet', mode: 'Enable' },
          { feature: 'ResourceCleanup', mode: 'Enable' },
        ],
        registrationDrivers: [{ authType: 'csr' }],
      },
      workConfiguration: { workDriver: 'kube' },
      addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Enable' }] },
    })
  })
})

describe('a bundle version', () => {
  it.each([
    ['default', { ocm: 'v1.3.1', policyAddon: 'v0.18.0' }],
    ['latest', { ocm: 'latest', policyAddon: 'latest' }],
    ['v1.1.0', { ocm: 'v1.1.0', policyAddon: 'v0.16.0' }],
    ['0.7.0', { ocm: 'v0.7.0', policyAddon: 'v0.18.0' }],
    ['1.2', undefined],
    ['', undefined],
  ])('%s is %j', (version, bundle) => {
    expect(versionBundle(version)).toEqual(bundle)
  })

  it('does not count for an image that is given whole', () => {
    const overrides = { work: 'example.com/own-work:1' }
    expect(imageReference('work', { tag: 'v1.0.0', overrides })).toBe('example.com/own-work:1')
    expect(imageReference('placement', { tag: 'v1.0.0', overrides })).toBe(
      'quay.io/open-cluster-management/placement:v1.0.0',
    )
  })
})
