import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { allDefinitions, establish } from './definitions.ts'

const OCM = 'open-cluster-management.io'

let server: TestControlPlane

beforeAll(async () => {
  server = await TestControlPlane.start()
  await establish(server, allDefinitions())
})

afterAll(() => server.close())

const IMAGES = {
  registrationImagePullSpec: 'quay.io/open-cluster-management/registration',
  workImagePullSpec: 'quay.io/open-cluster-management/work',
  placementImagePullSpec: 'quay.io/open-cluster-management/placement',
  addOnManagerImagePullSpec: 'quay.io/open-cluster-management/addon-manager',
}

const rollout = { minSuccessTime: '0', progressDeadline: 'None', maxFailures: 0 }

const cases: readonly (readonly [what: string, path: string, kind: string, given: object, stored: object])[] =
  [
    [
      'a ManagedCluster',
      `cluster.${OCM}/v1/managedclusters`,
      'ManagedCluster',
      { spec: {} },
      { spec: { leaseDurationSeconds: 60 } },
    ],
    [
      'a ManagedClusterSet without a spec',
      `cluster.${OCM}/v1beta2/managedclustersets`,
      'ManagedClusterSet',
      {},
      { spec: { clusterSelector: { selectorType: 'ExclusiveClusterSetLabel' } } },
    ],
    [
      'a Placement',
      `cluster.${OCM}/v1beta1/namespaces/default/placements`,
      'Placement',
      {
        spec: {
          prioritizerPolicy: { configurations: [{ scoreCoordinate: { builtIn: 'Steady' } }] },
          spreadPolicy: { spreadConstraints: [{ topologyKey: 'zone', topologyKeyType: 'Label' }] },
          tolerations: [{ key: 'a' }],
          decisionStrategy: { groupStrategy: {} },
        },
      },
      {
        spec: {
          sortBy: 'ClusterName',
          scoreRateLimit: '1m',
          prioritizerPolicy: {
            mode: 'Additive',
            configurations: [{ scoreCoordinate: { builtIn: 'Steady', type: 'BuiltIn' }, weight: 1 }],
          },
          spreadPolicy: {
            spreadConstraints: [
              {
                topologyKey: 'zone',
                topologyKeyType: 'Label',
                maxSkew: 1,
                whenUnsatisfiable: 'ScheduleAnyway',
              },
            ],
          },
          tolerations: [{ key: 'a', operator: 'Equal' }],
          decisionStrategy: { groupStrategy: { clustersPerDecisionGroup: '100%' } },
        },
      },
    ],
    [
      'a ManifestWork, whose manifests stay as they are',
      `work.${OCM}/v1/namespaces/default/manifestworks`,
      'ManifestWork',
      {
        spec: {
          deleteOption: {},
          workload: {
            manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }],
          },
          manifestConfigs: [
            {
              resourceIdentifier: { resource: 'configmaps', name: 'c' },
              updateStrategy: { serverSideApply: { ignoreFields: [{ jsonPaths: ['.data'] }] } },
            },
          ],
        },
      },
      {
        spec: {
          deleteOption: { propagationPolicy: 'Foreground' },
          workload: {
            manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }],
          },
          manifestConfigs: [
            {
              resourceIdentifier: { resource: 'configmaps', name: 'c' },
              feedbackScrapeType: 'Poll',
              updateStrategy: {
                type: 'Update',
                serverSideApply: {
                  fieldManager: 'work-agent',
                  ignoreFields: [{ condition: 'OnSpokePresent', jsonPaths: ['.data'] }],
                },
              },
            },
          ],
        },
      },
    ],
    [
      'a ManifestWorkReplicaSet',
      `work.${OCM}/v1alpha1/namespaces/default/manifestworkreplicasets`,
      'ManifestWorkReplicaSet',
      { spec: { placementRefs: [{ name: 'p' }] } },
      {
        spec: {
          cascadeDeletionPolicy: 'Background',
          placementRefs: [{ name: 'p', rolloutStrategy: { type: 'All', all: rollout } }],
        },
      },
    ],
    [
      'a ClusterManager without a spec',
      `operator.${OCM}/v1/clustermanagers`,
      'ClusterManager',
      {},
      {
        spec: {
          ...IMAGES,
          deployOption: { mode: 'Default' },
          workConfiguration: { workDriver: 'kube' },
        },
      },
    ],
    [
      'a ClusterManager that says a little of everything',
      `operator.${OCM}/v1/clustermanagers`,
      'ClusterManager',
      {
        spec: {
          deployOption: {
            mode: 'Hosted',
            hosted: { registrationWebhookConfiguration: { address: 'hub', bindConfiguration: {} } },
          },
          registrationConfiguration: { featureGates: [{ feature: 'ClusterProfile' }] },
          resourceRequirement: {},
          serverConfiguration: { endpointsExposure: [{ grpc: {} }] },
        },
      },
      {
        spec: {
          ...IMAGES,
          workConfiguration: { workDriver: 'kube' },
          deployOption: {
            mode: 'Hosted',
            hosted: {
              registrationWebhookConfiguration: {
                address: 'hub',
                port: 443,
                bindConfiguration: { port: 9443, healthProbePort: 8000, metricsPort: 8080 },
              },
            },
          },
          registrationConfiguration: { featureGates: [{ feature: 'ClusterProfile', mode: 'Disable' }] },
          resourceRequirement: { type: 'Default' },
          serverConfiguration: { endpointsExposure: [{ protocol: 'grpc', grpc: { type: 'hostname' } }] },
        },
      },
    ],
    [
      'a Klusterlet',
      `operator.${OCM}/v1/klusterlets`,
      'Klusterlet',
      {
        spec: {
          registrationConfiguration: {
            bootstrapKubeConfigs: { localSecretsConfig: { kubeConfigSecrets: [] } },
            clusterClaimConfiguration: {},
            registrationDriver: {},
          },
          workConfiguration: {},
        },
      },
      {
        spec: {
          registrationConfiguration: {
            kubeAPIQPS: 50,
            kubeAPIBurst: 100,
            bootstrapKubeConfigs: {
              type: 'None',
              localSecretsConfig: { kubeConfigSecrets: [], hubConnectionTimeoutSeconds: 600 },
            },
            clusterClaimConfiguration: { maxCustomClusterClaims: 20 },
            registrationDriver: { authType: 'csr' },
          },
          workConfiguration: { kubeAPIQPS: 50, kubeAPIBurst: 100, hubKubeAPIQPS: 50, hubKubeAPIBurst: 100 },
        },
      },
    ],
    [
      'a ClusterManagementAddOn',
      `addon.${OCM}/v1alpha1/clustermanagementaddons`,
      'ClusterManagementAddOn',
      { spec: { supportedConfigs: [{ resource: 'r' }] } },
      { spec: { installStrategy: { type: 'Manual' }, supportedConfigs: [{ group: '', resource: 'r' }] } },
    ],
    [
      'a Placement of a ClusterManagementAddOn',
      `addon.${OCM}/v1alpha1/clustermanagementaddons`,
      'ClusterManagementAddOn',
      {
        spec: {
          installStrategy: {
            type: 'Placements',
            placements: [
              { namespace: 'a', name: 'b' },
              { namespace: 'a', name: 'c', rolloutStrategy: { type: 'Progressive', progressive: {} } },
            ],
          },
        },
      },
      {
        spec: {
          installStrategy: {
            type: 'Placements',
            placements: [
              { namespace: 'a', name: 'b', rolloutStrategy: { type: 'All' } },
              { namespace: 'a', name: 'c', rolloutStrategy: { type: 'Progressive', progressive: rollout } },
            ],
          },
        },
      },
    ],
    [
      'a ManagedClusterAddOn',
      `addon.${OCM}/v1alpha1/namespaces/default/managedclusteraddons`,
      'ManagedClusterAddOn',
      { spec: {} },
      { spec: { installNamespace: 'open-cluster-management-agent-addon' } },
    ],
    [
      'an AddOnDeploymentConfig',
      `addon.${OCM}/v1beta1/namespaces/default/addondeploymentconfigs`,
      'AddOnDeploymentConfig',
      { spec: {} },
      { spec: { agentInstallNamespace: 'open-cluster-management-agent-addon' } },
    ],
  ]

describe('the API server puts defaults into', () => {
  it.each(cases)('%s', async (_what, path, kind, given, stored) => {
    const apiVersion = path.split('/').slice(0, 2).join('/')
    const { status, json } = await server.admin.post(`/apis/${path}?fieldValidation=Strict`, {
      apiVersion,
      kind,
      metadata: { generateName: 'a-' },
      ...given,
    })
    const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = json
    expect([status, rest]).toEqual([201, stored])
  })
})
