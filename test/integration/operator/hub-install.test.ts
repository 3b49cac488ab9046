import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PolicyRule } from '../../../src/apis/rbac/v1.ts'
import { CLUSTER_ROLES, CONFIG_MAPS, DEPLOYMENTS, SECRETS, SERVICES } from '../../../src/apis/resources.ts'
import { DEFINITIONS, NAMESPACES, SERVICE_ACCOUNTS } from '../kube-controllers/controllers-bench.ts'
import { conditionOf, HUB, HubBench, START_MS, VALIDATING_WEBHOOKS } from './hub-bench.ts'

const OPERATOR_ROLE = { name: 'cluster-manager' }

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start()
  hub.startOperator()
  await hub.createClusterManager()
  await hub.untilReady()
}, START_MS)

afterAll(() => hub.close())

const namesOf = async (definition: typeof DEPLOYMENTS, labelled = true) =>
  (
    await hub.resource(definition).list({
      ...(definition.namespaced && { namespace: HUB }),
      ...(labelled && {
        labelSelector: 'open-cluster-management.io/created-by-clustermanager=cluster-manager',
      }),
    })
  ).items
    .map(({ metadata }) => metadata.name)
    .sort()

describe('a hub', () => {
  it('has the Deployments, accounts and Services of the original', async () => {
    expect(await namesOf(DEPLOYMENTS)).toEqual([
      'cluster-manager-addon-manager-controller',
      'cluster-manager-addon-webhook',
      'cluster-manager-placement-controller',
      'cluster-manager-registration-controller',
      'cluster-manager-registration-webhook',
      'cluster-manager-work-webhook',
    ])
    expect(await namesOf(SERVICE_ACCOUNTS)).toEqual([
      'addon-manager-controller-sa',
      'addon-webhook-sa',
      'placement-controller-sa',
      'registration-controller-sa',
      'registration-webhook-sa',
      'work-webhook-sa',
    ])
    expect(await namesOf(SERVICES)).toEqual([
      'cluster-manager-addon-webhook',
      'cluster-manager-registration-webhook',
      'cluster-manager-work-webhook',
    ])
    expect(await namesOf(CLUSTER_ROLES)).toEqual([
      'open-cluster-management:cluster-manager-addon-manager:controller',
      'open-cluster-management:cluster-manager-placement:controller',
      'open-cluster-management:cluster-manager-registration:controller',
      'open-cluster-management:cluster-manager-registration:webhook',
      'open-cluster-management:cluster-manager-work-executor-admin:webhook',
      'open-cluster-management:cluster-manager-work:webhook',
    ])
    expect(await namesOf(VALIDATING_WEBHOOKS)).toEqual([
      'managedclustersetbindingvalidators.admission.cluster.open-cluster-management.io',
      'managedclustervalidators.admission.cluster.open-cluster-management.io',
      'manifestworkvalidators.admission.work.open-cluster-management.io',
    ])
  })

  it('has CRDs that say which version they are of, and whom to ask for conversion', async () => {
    const crds = await namesOf(DEFINITIONS)
    expect(crds).toHaveLength(12)
    const bundle = await hub.resource(CONFIG_MAPS).get({ namespace: HUB, name: 'ca-bundle-configmap' })
    const addOns = await hub
      .resource(DEFINITIONS)
      .get({ name: 'managedclusteraddons.addon.open-cluster-management.io' })
    expect(addOns.metadata.annotations).toMatchObject({
      'operator.open-cluster-management.io/version': '1.3.1',
    })
    expect(addOns.spec.conversion.webhook.clientConfig).toMatchObject({
      service: { namespace: HUB, name: 'cluster-manager-addon-webhook', path: '/convert', port: 9443 },
      caBundle: Buffer.from(bundle.data['ca-bundle.crt']).toString('base64'),
    })
  })

  it('has the image pull Secret of the operator, which its Pods name', async () => {
    const name = 'open-cluster-management-image-pull-credentials'
    const copy = await hub.resource(SECRETS).get({ namespace: HUB, name })
    expect(copy.type).toBe('kubernetes.io/dockerconfigjson')
    const deployment = await hub
      .resource(DEPLOYMENTS)
      .get({ namespace: HUB, name: 'cluster-manager-registration-controller' })
    expect(deployment.spec.template.spec.imagePullSecrets).toEqual([{ name }])
  })

  it('says how it is', async () => {
    const clusterManager = await hub.untilReady()
    expect(clusterManager.metadata.finalizers).toEqual([
      'operator.open-cluster-management.io/cluster-manager-cleanup',
    ])
    const types = [
      'Applied',
      'Progressing',
      'ValidFeatureGates',
      'HubRegistrationDegraded',
      'HubPlacementDegraded',
    ]
    expect(Object.fromEntries(types.map((type) => [type, conditionOf(clusterManager, type)]))).toEqual({
      Applied: 'True ClusterManagerApplied',
      Progressing: 'False ClusterManagerUpToDate',
      ValidFeatureGates: 'True FeatureGatesAllValid',
      HubRegistrationDegraded: 'False RegistrationFunctional',
      HubPlacementDegraded: 'False PlacementFunctional',
    })
    const { observedGeneration, generations, relatedResources } = clusterManager.status
    expect(observedGeneration).toBe(clusterManager.metadata.generation)
    expect(generations).toHaveLength(6)
    expect(relatedResources).toContainEqual({
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      namespace: HUB,
      name: 'cluster-manager-placement-controller',
    })
    expect(
      relatedResources.filter(
        ({ resource }: { resource: string }) => resource === 'customresourcedefinitions',
      ),
    ).toHaveLength(12)
  })

  it('has a namespace that is known by its label', async () => {
    expect((await hub.resource(NAMESPACES).get({ name: HUB })).metadata.labels).toMatchObject({
      'open-cluster-management.io/created-by-clustermanager': 'cluster-manager',
    })
  })
})

describe('a hub on which others have worked', { timeout: START_MS }, () => {
  const crdNamed = (name: string) => hub.resource(DEFINITIONS).get({ name })
  const PLACEMENTS = 'placements.cluster.open-cluster-management.io'
  const ADD_ONS = 'managedclusteraddons.addon.open-cluster-management.io'
  const CLUSTERS = 'managedclusters.cluster.open-cluster-management.io'

  it('gets back a kind that was deleted', async () => {
    const { uid } = (await crdNamed(PLACEMENTS)).metadata
    await hub.resource(DEFINITIONS).delete({ name: PLACEMENTS })
    await hub.untilObject(
      DEFINITIONS,
      { name: PLACEMENTS },
      (crd) => crd !== undefined && crd.metadata.uid !== uid,
    )
  })

  it('has a new authority trusted everywhere, beside the old one', async () => {
    const bundleKey = { namespace: HUB, name: 'ca-bundle-configmap' }
    const authorities = (text: string) => text.match(/BEGIN CERTIFICATE/g)?.length
    await hub.resource(SECRETS).delete({ namespace: HUB, name: 'signer-secret' })
    const bundle = await hub.untilObject(
      CONFIG_MAPS,
      bundleKey,
      (object) => authorities(object?.data['ca-bundle.crt']) === 2,
    )
    const caBundle = Buffer.from(bundle.data['ca-bundle.crt']).toString('base64')
    for (const { metadata } of (await hub.resource(VALIDATING_WEBHOOKS).list({})).items)
      await hub.untilObject(
        VALIDATING_WEBHOOKS,
        { name: metadata.name ?? '' },
        (object) => object?.webhooks[0].clientConfig.caBundle === caBundle,
      )
    await hub.untilObject(
      DEFINITIONS,
      { name: ADD_ONS },
      (crd) => crd?.spec.conversion.webhook.clientConfig.caBundle === caBundle,
    )
  })

  it('may clear signing requests away as far as its operator may', async () => {
    const role = { name: 'open-cluster-management:cluster-manager-registration:controller' }
    const mayDelete = (rules: readonly PolicyRule[]) =>
      rules.some(
        ({ resources, verbs }) =>
          resources?.includes('certificatesigningrequests') && verbs?.includes('delete'),
      )
    expect(mayDelete((await hub.resource(CLUSTER_ROLES).get(role)).rules)).toBe(true)

    await hub.stopOperator()
    const operatorRole = await hub.resource(CLUSTER_ROLES).get(OPERATOR_ROLE)
    const asOriginal = operatorRole.rules.map((rule: PolicyRule) =>
      mayDelete([rule]) ? { ...rule, verbs: rule.verbs?.filter((verb) => verb !== 'delete') } : rule,
    )
    await hub.resource(CLUSTER_ROLES).patch(OPERATOR_ROLE, { type: 'merge', body: { rules: asOriginal } })
    hub.startOperator()
    await hub.untilObject(CLUSTER_ROLES, role, (object) => !mayDelete(object?.rules ?? []))

    await hub.stopOperator()
    const { rules } = operatorRole
    await hub.resource(CLUSTER_ROLES).patch(OPERATOR_ROLE, { type: 'merge', body: { rules } })
    hub.startOperator()
    await hub.untilObject(CLUSTER_ROLES, role, (object) => mayDelete(object?.rules ?? []))
  })

  it('is taken over from an older operator, which labels less, and leaves what a newer one has made', async () => {
    await hub.stopOperator()
    const label = 'open-cluster-management.io/created-by-clustermanager'
    const version = 'operator.open-cluster-management.io/version'
    const account = { namespace: HUB, name: 'addon-webhook-sa' }
    const columns = (await crdNamed(CLUSTERS)).spec.versions[0].additionalPrinterColumns.length
    const madeByOther = (name: string, by: string) =>
      hub.resource(DEFINITIONS).patch(
        { name },
        {
          type: 'json',
          body: [
            { op: 'replace', path: '/metadata/annotations', value: { [version]: by } },
            { op: 'replace', path: '/metadata/labels', value: {} },
            { op: 'remove', path: '/spec/versions/0/additionalPrinterColumns' },
          ],
        },
      )
    await madeByOther(CLUSTERS, '0.9.0')
    await madeByOther(PLACEMENTS, '99.0.0')
    await madeByOther(ADD_ONS, '99.0.0')
    const { clientConfig } = (await crdNamed(ADD_ONS)).spec.conversion.webhook
    const path = '/spec/conversion/webhook/clientConfig'
    await hub.resource(DEFINITIONS).patch(
      { name: ADD_ONS },
      {
        type: 'json',
        body: [
          { op: 'remove', path: `${path}/caBundle` },
          { op: 'replace', path: `${path}/service/port`, value: 1 },
        ],
      },
    )
    await hub.resource(SERVICE_ACCOUNTS).patch(account, {
      type: 'merge',
      body: { metadata: { labels: null } },
    })
    hub.startOperator()
    await hub.untilObject(
      SERVICE_ACCOUNTS,
      account,
      (object) => object?.metadata.labels?.[label] !== undefined,
    )
    const { metadata, spec } = await hub.untilObject(
      DEFINITIONS,
      { name: CLUSTERS },
      (crd) => crd?.metadata.annotations?.[version] === '1.3.1',
    )
    expect(metadata.labels?.[label]).toBe('cluster-manager')
    expect(spec.versions[0].additionalPrinterColumns).toHaveLength(columns)
    await hub.untilReady()
    const newer = await crdNamed(PLACEMENTS)
    expect(newer.metadata.annotations?.[version]).toBe('99.0.0')
    expect(newer.spec.versions[0].additionalPrinterColumns).toBeUndefined()
    // but whom it asks for conversions is as this operator's webhook is
    const addOns = await crdNamed(ADD_ONS)
    expect(addOns.metadata.annotations?.[version]).toBe('99.0.0')
    expect(addOns.spec.conversion.webhook.clientConfig).toEqual(clientConfig)
  })
})
