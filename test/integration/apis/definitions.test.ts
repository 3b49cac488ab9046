import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { allDefinitions, conditionsOf, establish } from './definitions.ts'

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

let server: TestControlPlane

beforeAll(async () => {
  server = await TestControlPlane.start()
  await establish(server, allDefinitions())
})

afterAll(() => server.close())

describe('all definitions', () => {
  it.each(allDefinitions().map(({ metadata }) => metadata.name ?? ''))(
    '%s has nothing that the API server complains about',
    async (name) => {
      const conditions = await conditionsOf(server, name)
      expect(conditions.get('NamesAccepted')).toBe('True')
      expect(conditions.get('NonStructuralSchema') ?? 'False').toBe('False')
      expect(conditions.get('KubernetesAPIApprovalPolicyConformant') ?? 'True').toBe('True')
    },
  )
})

describe('discovery', () => {
  it.each([
    ['cluster.open-cluster-management.io/v1', 'managedclusters', ['mcl', 'mcls'], false],
    ['cluster.open-cluster-management.io/v1beta2', 'managedclustersets', ['mclset', 'mclsets'], false],
    [
      'cluster.open-cluster-management.io/v1beta2',
      'managedclustersetbindings',
      ['mclsetbinding', 'mclsetbindings'],
      true,
    ],
    ['cluster.open-cluster-management.io/v1beta1', 'placements', undefined, true],
    ['cluster.open-cluster-management.io/v1alpha1', 'clusterclaims', undefined, false],
    ['work.open-cluster-management.io/v1', 'manifestworks', undefined, true],
    ['work.open-cluster-management.io/v1', 'appliedmanifestworks', undefined, false],
    ['work.open-cluster-management.io/v1alpha1', 'manifestworkreplicasets', ['mwrs'], true],
    ['addon.open-cluster-management.io/v1alpha1', 'clustermanagementaddons', ['cma', 'cmas'], false],
    ['addon.open-cluster-management.io/v1beta1', 'managedclusteraddons', ['mca', 'mcas'], true],
    ['addon.open-cluster-management.io/v1beta1', 'addontemplates', undefined, false],
    ['operator.open-cluster-management.io/v1', 'klusterlets', undefined, false],
    ['multicluster.x-k8s.io/v1alpha1', 'clusterprofiles', undefined, true],
    ['about.k8s.io/v1alpha1', 'clusterproperties', undefined, false],
  ])('knows %s %s', async (groupVersion, plural, shortNames, namespaced) => {
    const { json } = await server.admin.get(`/apis/${groupVersion}`)
    const found = json.resources.find(({ name }: Json) => name === plural)
    expect([found?.shortNames, found?.namespaced]).toEqual([shortNames, namespaced])
  })

  it.each([
    ['cluster.open-cluster-management.io/v1', 'managedclusters', true],
    ['cluster.open-cluster-management.io/v1alpha1', 'clusterclaims', false],
    ['addon.open-cluster-management.io/v1alpha1', 'addondeploymentconfigs', false],
    ['addon.open-cluster-management.io/v1alpha1', 'addontemplates', false],
    ['addon.open-cluster-management.io/v1alpha1', 'clustermanagementaddons', true],
    ['about.k8s.io/v1alpha1', 'clusterproperties', true],
  ])('says of %s %s whether it has a status: %s', async (groupVersion, plural, hasStatus) => {
    const { json } = await server.admin.get(`/apis/${groupVersion}`)
    expect(json.resources.some(({ name }: Json) => name === `${plural}/status`)).toBe(hasStatus)
  })
})

describe('tables', () => {
  it.each([
    [
      'cluster.open-cluster-management.io/v1/managedclusters',
      ['Name', 'Hub Accepted', 'Managed Cluster URLs', 'Joined', 'Available', 'Age'],
    ],
    ['cluster.open-cluster-management.io/v1beta2/managedclustersets', ['Name', 'Empty', 'Age']],
    [
      'cluster.open-cluster-management.io/v1beta1/placements',
      ['Name', 'Succeeded', 'Reason', 'SelectedClusters'],
    ],
    [
      'work.open-cluster-management.io/v1alpha1/manifestworkreplicasets',
      ['Name', 'Placement', 'Found', 'ManifestWorks', 'Applied'],
    ],
    [
      'addon.open-cluster-management.io/v1alpha1/clustermanagementaddons',
      ['Name', 'DISPLAY NAME', 'CRD NAME'],
    ],
    ['addon.open-cluster-management.io/v1beta1/clustermanagementaddons', ['Name', 'DISPLAY NAME']],
    [
      'addon.open-cluster-management.io/v1alpha1/managedclusteraddons',
      ['Name', 'Available', 'Degraded', 'Progressing'],
    ],
    ['addon.open-cluster-management.io/v1alpha1/addontemplates', ['Name', 'ADDON NAME']],
    ['about.k8s.io/v1alpha1/clusterproperties', ['Name', 'value', 'age']],
    ['operator.open-cluster-management.io/v1/klusterlets', ['Name', 'Age']],
  ])('of %s have the columns that they should', async (resource, columns) => {
    const { json } = await server.admin.get(`/apis/${resource}`, { accept: TABLE })
    expect(json.columnDefinitions.map(({ name }: Json) => name)).toEqual(columns)
  })

  it('show conditions and the first address of a cluster', async () => {
    const clusters = '/apis/cluster.open-cluster-management.io/v1/managedclusters'
    const written = await server.admin.post(clusters, {
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
      metadata: { name: 'shown' },
      spec: {
        hubAcceptsClient: true,
        managedClusterClientConfigs: [{ url: 'https://a' }, { url: 'https://b' }],
      },
    })
    expect(written.status).toBe(201)
    const condition = (type: string, status: string) => ({
      type,
      status,
      reason: 'Test',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })
    const conditions = [
      condition('ManagedClusterJoined', 'True'),
      condition('ManagedClusterConditionAvailable', 'Unknown'),
    ]
    await server.admin.patch(`${clusters}/shown/status`, { status: { conditions } })
    const { json } = await server.admin.get(`${clusters}/shown`, { accept: TABLE })
    expect(json.rows[0].cells.slice(0, 5)).toEqual(['shown', true, 'https://a', 'True', 'Unknown'])
  })
})
