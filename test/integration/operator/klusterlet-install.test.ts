import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Klusterlet } from '../../../src/apis/operator/v1.ts'
import {
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  NAMESPACES,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../../../src/apis/resources.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import {
  ADDON_NAMESPACE,
  AGENT_NAMESPACE,
  conditionsOf,
  KlusterletBench,
  SETUP_TIMEOUT_MS,
} from './klusterlet-bench.ts'

let bench: KlusterletBench

beforeAll(async () => {
  bench = await KlusterletBench.start()
  await bench.install({ bootstrapKubeconfig: bench.hubKubeconfig('administrator') })
  bench.startOperator()
}, SETUP_TIMEOUT_MS)

afterAll(() => bench.close())

describe('a Klusterlet of mode Default', () => {
  it('is installed, but for the work agent, which waits for the connection to the hub', async () => {
    const klusterlet = await bench.untilCondition('Applied', 'True KlusterletApplied')
    await bench.untilCondition(
      'HubConnectionDegraded',
      'True BootstrapSecretFunctional,HubKubeConfigSecretMissing',
    )
    await bench.untilCondition('RegistrationDesiredDegraded', 'False DeploymentsFunctional')
    const waiting = await bench.untilCondition('Available', 'False NoAvailablePods')
    expect(conditionsOf(waiting as Klusterlet)).toMatchObject({
      WorkDesiredDegraded: 'False DeploymentsFunctional',
      ValidFeatureGates: 'True FeatureGatesAllValid',
    })
    expect(klusterlet.metadata.finalizers).toEqual(['operator.open-cluster-management.io/klusterlet-cleanup'])
    const work = await bench.managed
      .resource(DEPLOYMENTS)
      .get({ namespace: AGENT_NAMESPACE, name: 'klusterlet-work-agent' })
    expect(work.spec.replicas).toBe(0)
  })

  it('has accounts, rights, CRDs and Secrets by their names', async () => {
    const named = async (definition: typeof CLUSTER_ROLES, namespace?: string) =>
      (await bench.managed.resource(definition).list({ ...(namespace && { namespace }) })).items.map(
        ({ metadata }) => metadata.name,
      )
    expect(await named(CLUSTER_ROLES)).toEqual(
      expect.arrayContaining([
        'open-cluster-management:klusterlet-registration:agent',
        'open-cluster-management:klusterlet-registration:addon-management',
        'open-cluster-management:klusterlet-work:agent',
        'open-cluster-management:klusterlet-work:execution',
        'open-cluster-management:klusterlet-work:aggregate',
        'open-cluster-management:management:klusterlet-registration:addon-management',
      ]),
    )
    expect(await named(ROLES, 'kube-system')).toContain(
      'open-cluster-management:management:klusterlet:extension-apiserver',
    )
    expect(await named(ROLES, AGENT_NAMESPACE)).toEqual(
      expect.arrayContaining([
        'open-cluster-management:management:klusterlet-registration:agent',
        'open-cluster-management:management:klusterlet-work:agent',
      ]),
    )
    expect(await named(SERVICE_ACCOUNTS, AGENT_NAMESPACE)).toEqual(
      expect.arrayContaining(['klusterlet-registration-sa', 'klusterlet-work-sa']),
    )
    for (const namespace of [AGENT_NAMESPACE, ADDON_NAMESPACE])
      expect(await named(SECRETS, namespace)).toContain('open-cluster-management-image-pull-credentials')
    const crd = await bench.managed
      .resource(CUSTOM_RESOURCE_DEFINITIONS)
      .get({ name: 'appliedmanifestworks.work.open-cluster-management.io' })
    expect(crd.metadata.annotations).toMatchObject({ 'operator.open-cluster-management.io/version': '1.3.1' })
  })

  it('lets the work agent do whatever a ClusterRole is labelled for', async () => {
    await bench.managed.resource(CLUSTER_ROLES).create({
      metadata: { name: 'widgets', labels: { 'open-cluster-management.io/aggregate-to-work': 'true' } },
      rules: [{ apiGroups: ['example.com'], resources: ['widgets'], verbs: ['create'] }],
    } as never)
    const aggregate = await bench.until(
      CLUSTER_ROLES,
      'open-cluster-management:klusterlet-work:aggregate',
      ({ rules }) => JSON.stringify(rules ?? []).includes('widgets'),
    )
    expect(JSON.stringify(aggregate.rules)).toContain('servicemonitors')
  })

  it('says in its status which objects and generations it consists of', async () => {
    const { status } = await bench.untilKlusterlet(
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    )
    expect(status.relatedResources).toEqual(
      expect.arrayContaining([
        {
          group: 'apps',
          version: 'v1',
          resource: 'deployments',
          namespace: AGENT_NAMESPACE,
          name: 'klusterlet-registration-agent',
        },
        {
          group: 'apiextensions.k8s.io',
          version: 'v1',
          resource: 'customresourcedefinitions',
          namespace: '',
          name: 'clusterclaims.cluster.open-cluster-management.io',
        },
      ]),
    )
    expect(status.generations.map(({ name }: { name: string }) => name)).toEqual([
      'klusterlet-registration-agent',
      'klusterlet-work-agent',
    ])
  })

  it('has a work agent once the hub allows what agents do, and is available', async () => {
    await bench.putSecret('hub-kubeconfig-secret', { kubeconfig: bench.hubKubeconfig('administrator') })
    await bench.untilCondition('HubConnectionDegraded', 'False HubConnectionFunctional')
    await bench.untilCondition('Available', 'True KlusterletAvailable')
    const work = await bench.until(
      DEPLOYMENTS,
      `${AGENT_NAMESPACE}/klusterlet-work-agent`,
      ({ spec }) => spec.replicas === 1,
    )
    expect(work.spec.template.spec.containers[0].args).toContain('--status-sync-interval=60s')
  })

  it('stops the work agent while its kubeconfig is gone, and starts it when it is back', async () => {
    const key = `${AGENT_NAMESPACE}/klusterlet-work-agent`
    await bench.deleteSecret('hub-kubeconfig-secret')
    await bench.until(DEPLOYMENTS, key, ({ spec }) => spec.replicas === 0)
    await bench.putSecret('hub-kubeconfig-secret', { kubeconfig: bench.hubKubeconfig('administrator') })
    await bench.until(DEPLOYMENTS, key, ({ spec }) => spec.replicas === 1)
  })

  it('puts back at once what somebody changes or deletes', async () => {
    const { managed } = bench
    const deployment = { namespace: AGENT_NAMESPACE, name: 'klusterlet-registration-agent' }
    const changed = await managed.resource(DEPLOYMENTS).patch(deployment, {
      type: 'strategic',
      body: {
        spec: { template: { spec: { containers: [{ name: 'registration-controller', image: 'x' }] } } },
      },
    })
    await bench.until(
      DEPLOYMENTS,
      `${AGENT_NAMESPACE}/klusterlet-registration-agent`,
      ({ metadata, spec }) =>
        (metadata.generation ?? 0) > (changed.metadata.generation ?? 0) &&
        spec.template.spec.containers[0].image === 'quay.io/open-cluster-management/registration:v1.3.1',
    )
    const role = { name: 'open-cluster-management:klusterlet-work:execution' }
    const { uid } = (await managed.resource(CLUSTER_ROLES).get(role)).metadata
    await managed.resource(CLUSTER_ROLES).delete(role)
    await bench.until(CLUSTER_ROLES, role.name, ({ metadata }) => metadata.uid !== uid)
    await managed.resource(NAMESPACES).patch(
      { name: ADDON_NAMESPACE },
      {
        type: 'merge',
        body: { metadata: { labels: { 'open-cluster-management.io/created-by-klusterlet': null } } },
      },
    )
    await bench.until(NAMESPACES, ADDON_NAMESPACE, ({ metadata }) =>
      Object.hasOwn(metadata.labels ?? {}, 'open-cluster-management.io/created-by-klusterlet'),
    )
  })

  it('gives image pull credentials to namespaces of add-ons, and follows them', async () => {
    await bench.managed.resource(NAMESPACES).create({
      metadata: { name: 'of-an-addon', labels: { 'addon.open-cluster-management.io/namespace': 'true' } },
    })
    const key = 'of-an-addon/open-cluster-management-image-pull-credentials'
    await bench.until(SECRETS, key, ({ type }) => type === 'kubernetes.io/dockerconfigjson')
    const text = Buffer.from('{"auths":{}}').toString('base64')
    await bench.managed
      .resource(SECRETS)
      .patch(
        { namespace: 'open-cluster-management', name: 'open-cluster-management-image-pull-credentials' },
        { type: 'merge', body: { data: { '.dockerconfigjson': text } } },
      )
    await bench.until(SECRETS, key, ({ data }) => data['.dockerconfigjson'] === text)
  })

  it('tells agents, and namespaces of add-ons, what is said of TLS', async () => {
    const name = 'ocm-tls-profile'
    const profile = { namespace: 'open-cluster-management', name }
    const data = { minTLSVersion: 'TLSv1.3' }
    await bench.managed.resource(CONFIG_MAPS).create({ metadata: profile, data } as never)
    const says = (text: string) => (deployment: AnyObject) =>
      deployment.spec.template.spec.containers[0].args.some((each: string) => each.startsWith(text))
    await bench.until(
      DEPLOYMENTS,
      `${AGENT_NAMESPACE}/klusterlet-work-agent`,
      says('--tls-min-version=VersionTLS13'),
    )
    await bench.until(CONFIG_MAPS, `of-an-addon/${name}`, (copy) => copy.data.minTLSVersion === 'TLSv1.3')
    await bench.managed.resource(CONFIG_MAPS).delete(profile)
    await bench.until(
      DEPLOYMENTS,
      `${AGENT_NAMESPACE}/klusterlet-work-agent`,
      (deployment) => !says('--tls-min-version')(deployment),
    )
    await bench.managed.untilGone(CONFIG_MAPS, `of-an-addon/${name}`)
  })

  it('writes nothing that is as it should be, also after a restart', async () => {
    await bench.untilCondition('WorkDesiredDegraded', 'False DeploymentsFunctional')
    const versions = async () => {
      const labelSelector = 'open-cluster-management.io/created-by-klusterlet=klusterlet'
      const kinds = [CLUSTER_ROLES, ROLES, SERVICE_ACCOUNTS, NAMESPACES, SECRETS]
      const lists = await Promise.all(
        kinds.map((definition) => bench.managed.resource(definition).list({ labelSelector })),
      )
      return lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.resourceVersion))
    }
    const generation = async () => {
      const key = { namespace: AGENT_NAMESPACE, name: 'klusterlet-registration-agent' }
      return (await bench.managed.resource(DEPLOYMENTS).get(key)).metadata.generation
    }
    const before = [await versions(), await generation()]
    await bench.stopOperator()
    bench.startOperator()
    await bench.edit({ workConfiguration: { hubKubeAPIQPS: 9 } })
    await bench.until(DEPLOYMENTS, `${AGENT_NAMESPACE}/klusterlet-work-agent`, ({ spec }) =>
      spec.template.spec.containers[0].args.includes('--hub-kube-api-qps=9'),
    )
    expect([await versions(), await generation()]).toEqual(before)
  })
})
