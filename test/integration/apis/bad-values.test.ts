import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiReply, Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { allDefinitions, establish } from './definitions.ts'

const OCM = 'open-cluster-management.io'

interface Kind {
  readonly path: string
  readonly kind: string
  /** What must be there whatever else is. */
  readonly least?: Json
}

const MANAGED_CLUSTER: Kind = { path: `cluster.${OCM}/v1/managedclusters`, kind: 'ManagedCluster' }
const SET: Kind = { path: `cluster.${OCM}/v1beta2/managedclustersets`, kind: 'ManagedClusterSet' }
const BINDING: Kind = {
  path: `cluster.${OCM}/v1beta2/namespaces/default/managedclustersetbindings`,
  kind: 'ManagedClusterSetBinding',
}
const PLACEMENT: Kind = { path: `cluster.${OCM}/v1beta1/namespaces/default/placements`, kind: 'Placement' }
const CLAIM: Kind = { path: `cluster.${OCM}/v1alpha1/clusterclaims`, kind: 'ClusterClaim' }
const WORK: Kind = { path: `work.${OCM}/v1/namespaces/default/manifestworks`, kind: 'ManifestWork' }
const APPLIED: Kind = { path: `work.${OCM}/v1/appliedmanifestworks`, kind: 'AppliedManifestWork' }
const REPLICA_SET: Kind = {
  path: `work.${OCM}/v1alpha1/namespaces/default/manifestworkreplicasets`,
  kind: 'ManifestWorkReplicaSet',
}
const CLUSTER_MANAGER: Kind = { path: `operator.${OCM}/v1/clustermanagers`, kind: 'ClusterManager' }
const KLUSTERLET: Kind = { path: `operator.${OCM}/v1/klusterlets`, kind: 'Klusterlet' }
const CMA: Kind = { path: `addon.${OCM}/v1alpha1/clustermanagementaddons`, kind: 'ClusterManagementAddOn' }
const NEW_CMA: Kind = { path: `addon.${OCM}/v1beta1/clustermanagementaddons`, kind: 'ClusterManagementAddOn' }
const MCA: Kind = {
  path: `addon.${OCM}/v1alpha1/namespaces/default/managedclusteraddons`,
  kind: 'ManagedClusterAddOn',
}
const CONFIG: Kind = {
  path: `addon.${OCM}/v1alpha1/namespaces/default/addondeploymentconfigs`,
  kind: 'AddOnDeploymentConfig',
}
const TEMPLATE: Kind = {
  path: `addon.${OCM}/v1alpha1/addontemplates`,
  kind: 'AddOnTemplate',
  least: { addonName: 'a', agentSpec: {} },
}
const PROFILE: Kind = {
  path: 'multicluster.x-k8s.io/v1alpha1/namespaces/default/clusterprofiles',
  kind: 'ClusterProfile',
}
const PROPERTY: Kind = { path: 'about.k8s.io/v1alpha1/clusterproperties', kind: 'ClusterProperty' }

const manifestConfig = (config: Json): Json => ({
  manifestConfigs: [{ resourceIdentifier: { resource: 'r', name: 'n' }, ...config }],
})
const bootstrap = (localSecretsConfig: Json): Json => ({
  registrationConfiguration: { bootstrapKubeConfigs: { localSecretsConfig } },
})

/** Each has one thing wrong with it, at one place. */
const refused: readonly (readonly [kind: Kind, field: string, spec: Json, reason?: string])[] = [
  [MANAGED_CLUSTER, 'spec.leaseDurationSeconds', { leaseDurationSeconds: 'soon' }, 'FieldValueTypeInvalid'],
  [
    MANAGED_CLUSTER,
    'spec.taints[0].effect',
    { taints: [{ key: 'a', effect: 'No' }] },
    'FieldValueNotSupported',
  ],
  [MANAGED_CLUSTER, 'spec.taints[0].key', { taints: [{ key: '-a', effect: 'NoSelect' }] }],
  [
    MANAGED_CLUSTER,
    'spec.taints[0].value',
    { taints: [{ key: 'a', value: 'v'.repeat(1025), effect: 'NoSelect' }] },
    'FieldValueTooLong',
  ],
  [
    MANAGED_CLUSTER,
    'spec.managedClusterClientConfigs[0].url',
    { managedClusterClientConfigs: [{}] },
    'FieldValueRequired',
  ],
  [
    MANAGED_CLUSTER,
    'spec.managedClusterClientConfigs[0].caBundle',
    { managedClusterClientConfigs: [{ url: 'https://a', caBundle: '%' }] },
    'FieldValueTypeInvalid',
  ],
  [
    SET,
    'spec.clusterSelector.selectorType',
    { clusterSelector: { selectorType: 'Some' } },
    'FieldValueNotSupported',
  ],
  [SET, 'spec.managedNamespaces[0].name', { managedNamespaces: [{ name: 'A' }] }],
  [
    SET,
    'spec.managedNamespaces[1]',
    { managedNamespaces: [{ name: 'a' }, { name: 'a' }] },
    'FieldValueDuplicate',
  ],
  [BINDING, 'spec.clusterSet', { clusterSet: '' }],
  [PLACEMENT, 'spec', undefined, 'FieldValueRequired'],
  [
    PLACEMENT,
    'spec.prioritizerPolicy.configurations[0].weight',
    { prioritizerPolicy: { configurations: [{ scoreCoordinate: {}, weight: 11 }] } },
  ],
  [
    PLACEMENT,
    'spec.decisionStrategy.groupStrategy.clustersPerDecisionGroup',
    { decisionStrategy: { groupStrategy: { clustersPerDecisionGroup: '0%' } } },
  ],
  [
    PLACEMENT,
    'spec.spreadPolicy.spreadConstraints[0].maxSkew',
    { spreadPolicy: { spreadConstraints: [{ topologyKey: 'a', topologyKeyType: 'Label', maxSkew: 0 }] } },
  ],
  [
    PLACEMENT,
    'spec.spreadPolicy.spreadConstraints',
    {
      spreadPolicy: {
        spreadConstraints: Array.from({ length: 9 }, () => ({ topologyKey: 'a', topologyKeyType: 'Label' })),
      },
    },
    'FieldValueTooMany',
  ],
  [PLACEMENT, 'spec.scoreRateLimit', { scoreRateLimit: '1d' }],
  [CLAIM, 'spec.value', { value: '' }],
  [
    WORK,
    'spec.workload.manifests[0].kind',
    { workload: { manifests: [{ apiVersion: 'v1' }] } },
    'FieldValueRequired',
  ],
  [
    WORK,
    'spec.executor.subject.serviceAccount.namespace',
    { executor: { subject: { type: 'ServiceAccount', serviceAccount: { name: 'a' } } } },
    'FieldValueRequired',
  ],
  [
    WORK,
    'spec.manifestConfigs[0].updateStrategy.serverSideApply.fieldManager',
    manifestConfig({ updateStrategy: { serverSideApply: { fieldManager: 'me' } } }),
  ],
  [
    WORK,
    'spec.manifestConfigs[0].conditionRules[0]',
    manifestConfig({ conditionRules: [{ type: 'CEL', condition: '' }] }),
  ],
  [
    WORK,
    'spec.manifestConfigs[0].conditionRules[1]',
    manifestConfig({
      conditionRules: [
        { type: 'CEL', condition: 'a' },
        { type: 'CEL', condition: 'a' },
      ],
    }),
    'FieldValueDuplicate',
  ],
  [
    WORK,
    'spec.deleteOption.propagationPolicy',
    { deleteOption: { propagationPolicy: 'Now' } },
    'FieldValueNotSupported',
  ],
  [APPLIED, 'spec.hubHash', { manifestWorkName: 'a' }, 'FieldValueRequired'],
  [REPLICA_SET, 'spec.placementRefs', { placementRefs: [] }],
  [
    REPLICA_SET,
    'spec.placementRefs[0].rolloutStrategy.all.maxFailures',
    { placementRefs: [{ name: 'a', rolloutStrategy: { all: { maxFailures: '101%' } } }] },
  ],
  [
    REPLICA_SET,
    'spec.placementRefs[0].rolloutStrategy.all.progressDeadline',
    { placementRefs: [{ name: 'a', rolloutStrategy: { all: { progressDeadline: 'x' } } }] },
  ],
  [
    CLUSTER_MANAGER,
    'spec.deployOption.default.workWebhookConfiguration.bindConfiguration.port',
    { deployOption: { default: { workWebhookConfiguration: { bindConfiguration: { port: 65_536 } } } } },
  ],
  [
    CLUSTER_MANAGER,
    'spec.deployOption.hosted.workWebhookConfiguration.address',
    { deployOption: { mode: 'Hosted', hosted: { workWebhookConfiguration: {} } } },
    'FieldValueRequired',
  ],
  [
    CLUSTER_MANAGER,
    'spec.registrationConfiguration.registrationDrivers[0].awsirsa.hubClusterArn',
    { registrationConfiguration: { registrationDrivers: [{ awsirsa: { hubClusterArn: 'a' } }] } },
  ],
  [
    CLUSTER_MANAGER,
    'spec.workConfiguration.workDriver',
    { workConfiguration: { workDriver: 'kafka' } },
    'FieldValueNotSupported',
  ],
  [KLUSTERLET, 'spec.namespace', { namespace: 'elsewhere' }],
  [KLUSTERLET, 'spec.clusterName', { clusterName: 'a'.repeat(64) }, 'FieldValueTooLong'],
  [KLUSTERLET, 'spec.hubApiServerHostAlias.ip', { hubApiServerHostAlias: { ip: '::1', hostname: 'a' } }],
  [
    KLUSTERLET,
    'spec.registrationConfiguration.bootstrapKubeConfigs.localSecretsConfig.hubConnectionTimeoutSeconds',
    bootstrap({ kubeConfigSecrets: [], hubConnectionTimeoutSeconds: 179 }),
  ],
  [
    KLUSTERLET,
    'spec.workConfiguration.statusSyncInterval',
    { workConfiguration: { statusSyncInterval: '5' } },
  ],
  [CMA, 'spec.supportedConfigs[0].resource', { supportedConfigs: [{ resource: '' }] }],
  [NEW_CMA, 'spec.defaultConfigs[0].name', { defaultConfigs: [{ resource: 'r' }] }, 'FieldValueRequired'],
  [CMA, 'spec.installStrategy.type', { installStrategy: { type: 'Magic' } }, 'FieldValueNotSupported'],
  [MCA, 'spec.installNamespace', { installNamespace: 'A' }],
  [CONFIG, 'spec.customizedVariables[0].name', { customizedVariables: [{ name: '1a' }] }],
  [
    CONFIG,
    'spec.resourceRequirements[0].containerID',
    { resourceRequirements: [{ containerID: 'services:a:b', resources: {} }] },
  ],
  [
    CONFIG,
    'spec.resourceRequirements[0].resources.limits.cpu',
    { resourceRequirements: [{ containerID: '*:*:*', resources: { limits: { cpu: 'much' } } }] },
  ],
  [
    TEMPLATE,
    'spec.registration[0].customSigner.signerName',
    {
      registration: [{ type: 'CustomSigner', customSigner: { signerName: 'me', signingCA: { name: 'a' } } }],
    },
  ],
  [
    TEMPLATE,
    'spec.agentSpec.manifestConfigs[0].resourceIdentifier',
    { agentSpec: { manifestConfigs: [{}] } },
    'FieldValueRequired',
  ],
  [PROFILE, 'spec.clusterManager', {}, 'FieldValueRequired'],
  [PROPERTY, 'spec.value', {}, 'FieldValueRequired'],
]

let server: TestControlPlane

beforeAll(async () => {
  server = await TestControlPlane.start()
  await establish(server, allDefinitions())
})

afterAll(() => server.close())

function create({ path, kind, least }: Kind, spec: Json, name?: string): Promise<ApiReply> {
  return server.admin.post(`/apis/${path}?fieldValidation=Strict`, {
    apiVersion: path.split('/').slice(0, 2).join('/'),
    kind,
    metadata: name === undefined ? { generateName: 'a-' } : { name },
    ...(spec !== undefined && { spec: { ...least, ...spec } }),
  })
}

describe('the API server refuses', () => {
  it.each(refused.map((each) => [each[0].kind, each[1], each] as const))(
    '%s with a bad %s',
    async (_kind, field, [kind, , spec, reason = 'FieldValueInvalid']) => {
      const { status, json } = await create(kind, spec)
      expect([status, json.details.causes.map((cause: Json) => [cause.field, cause.reason])]).toEqual([
        422,
        expect.arrayContaining([[field, reason]]),
      ])
    },
  )

  it.each([
    [MANAGED_CLUSTER, {}],
    [WORK, {}],
    [KLUSTERLET, {}],
  ])('no $kind that says nothing', async (kind, spec) => {
    expect((await create(kind, spec)).status).toBe(201)
  })

  it('another manager for a cluster of an inventory', async () => {
    expect((await create(PROFILE, { clusterManager: { name: 'a' } }, 'owned')).status).toBe(201)
    const { status, json } = await server.admin.patch(`/apis/${PROFILE.path}/owned`, {
      spec: { clusterManager: { name: 'b' } },
    })
    expect([status, json.details.causes[0]]).toEqual([
      422,
      {
        reason: 'FieldValueInvalid',
        field: 'spec.clusterManager',
        message: expect.stringContaining('ClusterManager is immutable'),
      },
    ])
  })

  it.each([
    ['two conditions of one type', [condition('A', 'True'), condition('A', 'False')], 'status.conditions[1]'],
    ['a condition that is perhaps true', [condition('A', 'Maybe')], 'status.conditions[0].status'],
    [
      'a condition with a reason of two words',
      [condition('A', 'True', 'two words')],
      'status.conditions[0].reason',
    ],
  ])('%s', async (_case, conditions, field) => {
    await create(WORK, {}, 'conditions')
    const { status, json } = await server.admin.patch(`/apis/${WORK.path}/conditions/status`, {
      status: { conditions },
    })
    expect([status, json.details.causes[0].field]).toEqual([422, field])
  })
})

function condition(type: string, status: string, reason = 'Test'): Json {
  return { type, status, reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
}
