import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADD_ON_CONVERSION_PATH, addOnWebhookRoutes } from '../../../src/addon-framework/webhook/index.ts'
import { hubCrds } from '../../../src/apis/crds.ts'
import type { Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { WebhookFixture } from '../../support/webhook-fixture.ts'
import { establish } from './definitions.ts'

const GROUP = 'addon.open-cluster-management.io'
const INSTALL_NAMESPACE = `${GROUP}/v1alpha1-install-namespace`

let server: TestControlPlane
let hook: WebhookFixture

beforeAll(async () => {
  server = await TestControlPlane.start()
  hook = await WebhookFixture.start(addOnWebhookRoutes())
  const clientConfig = hook.clientConfig(ADD_ON_CONVERSION_PATH)
  const conversion = {
    strategy: 'Webhook',
    webhook: { clientConfig, conversionReviewVersions: ['v1', 'v1beta1'] },
  } as const
  await establish(
    server,
    hubCrds(conversion).filter(({ spec }) => spec.group === GROUP),
  )
})

afterAll(async () => {
  await server.close()
  await hook.close()
})

const at = (version: string, resource: string) => `/apis/${GROUP}/${version}/${resource}`
const CLUSTER_WIDE = 'clustermanagementaddons'
const IN_CLUSTER = 'namespaces/default/managedclusteraddons'

async function create(
  version: string,
  resource: string,
  kind: string,
  name: string,
  rest: Json,
): Promise<Json> {
  const { status, json } = await server.admin.post(`${at(version, resource)}?fieldValidation=Strict`, {
    apiVersion: `${GROUP}/${version}`,
    kind,
    metadata: { name },
    ...rest,
  })
  expect(status).toBe(201)
  return json
}

const read = async (version: string, resource: string, name: string) =>
  (await server.admin.get(`${at(version, resource)}/${name}`)).json

describe('a ClusterManagementAddOn', () => {
  it('that is written as v1alpha1 is read as v1beta1', async () => {
    await create('v1alpha1', CLUSTER_WIDE, 'ClusterManagementAddOn', 'old', {
      spec: {
        addOnMeta: { displayName: 'Old' },
        supportedConfigs: [
          { resource: 'a', defaultConfig: { name: 'x', namespace: 'y' } },
          { resource: 'b' },
        ],
      },
    })
    expect(await read('v1beta1', CLUSTER_WIDE, 'old')).toMatchObject({
      apiVersion: `${GROUP}/v1beta1`,
      spec: {
        addOnMeta: { displayName: 'Old' },
        installStrategy: { type: 'Manual' },
        defaultConfigs: [
          { group: '', resource: 'a', name: 'x', namespace: 'y' },
          { group: '', resource: 'b', name: '__reserved_no_default__' },
        ],
      },
    })
  })

  it('that is written as v1beta1 is read as v1alpha1', async () => {
    const written = await create('v1beta1', CLUSTER_WIDE, 'ClusterManagementAddOn', 'new', {
      spec: { defaultConfigs: [{ group: 'g', resource: 'a', name: 'x' }] },
    })
    expect(written.spec.defaultConfigs).toEqual([{ group: 'g', resource: 'a', name: 'x' }])
    expect((await read('v1alpha1', CLUSTER_WIDE, 'new')).spec).toEqual({
      installStrategy: { type: 'Manual' },
      supportedConfigs: [{ group: 'g', resource: 'a', defaultConfig: { name: 'x' } }],
    })
  })

  it('is in lists of both versions', async () => {
    for (const version of ['v1alpha1', 'v1beta1']) {
      const { json } = await server.admin.get(at(version, CLUSTER_WIDE))
      expect(json.items.map((each: Json) => [each.apiVersion, each.metadata.name])).toEqual([
        [`${GROUP}/${version}`, 'new'],
        [`${GROUP}/${version}`, 'old'],
      ])
    }
  })
})

describe('a ManagedClusterAddOn', () => {
  it('that is written as v1alpha1 has its namespace in an annotation of v1beta1', async () => {
    await create('v1alpha1', IN_CLUSTER, 'ManagedClusterAddOn', 'old', { spec: { installNamespace: 'ns' } })
    const { metadata, spec } = await read('v1beta1', IN_CLUSTER, 'old')
    expect([metadata.annotations, spec]).toEqual([{ [INSTALL_NAMESPACE]: 'ns' }, {}])
  })

  it('keeps its namespace when it is changed as v1beta1', async () => {
    await server.admin.patch(`${at('v1beta1', IN_CLUSTER)}/old`, { metadata: { labels: { a: 'b' } } })
    const { metadata, spec } = await read('v1alpha1', IN_CLUSTER, 'old')
    expect([metadata.labels, metadata.annotations, spec]).toEqual([
      { a: 'b' },
      undefined,
      { installNamespace: 'ns' },
    ])
  })

  it('has its identities in the form of each version', async () => {
    await create('v1beta1', IN_CLUSTER, 'ManagedClusterAddOn', 'new', { spec: {} })
    const registrations = [
      { type: 'kubeClient', kubeClient: { driver: 'token', subject: { user: 'u', groups: ['g'] } } },
      {
        type: 'customSigner',
        customSigner: { signerName: 'example.com/signer', subject: { organizationUnits: ['o'] } },
      },
    ]
    const { status } = await server.admin.patch(`${at('v1beta1', IN_CLUSTER)}/new/status`, {
      status: { registrations },
    })
    expect(status).toBe(200)
    expect((await read('v1alpha1', IN_CLUSTER, 'new')).status).toEqual({
      kubeClientDriver: 'token',
      registrations: [
        { signerName: 'kubernetes.io/kube-apiserver-client', subject: { user: 'u', groups: ['g'] } },
        { signerName: 'example.com/signer', subject: { organizationUnit: ['o'] } },
      ],
    })
    expect((await read('v1beta1', IN_CLUSTER, 'new')).status).toEqual({ registrations })
  })

  it('is applied as v1beta1 and then as v1alpha1 by one manager', async () => {
    const apply = (version: string, spec: Json) =>
      server.admin.patch(
        `${at(version, IN_CLUSTER)}/applied?fieldManager=test`,
        {
          apiVersion: `${GROUP}/${version}`,
          kind: 'ManagedClusterAddOn',
          metadata: { name: 'applied' },
          spec,
        },
        'application/apply-patch+yaml',
      )
    const configs = [{ group: 'g', resource: 'r', name: 'n' }]
    expect((await apply('v1beta1', { configs })).status).toBe(201)
    const { status, json } = await apply('v1alpha1', { configs, installNamespace: 'ns' })
    expect([status, json.spec]).toEqual([200, { configs, installNamespace: 'ns' }])
  })
})
