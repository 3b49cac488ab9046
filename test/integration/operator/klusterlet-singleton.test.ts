import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KLUSTERLETS, type KlusterletStatus } from '../../../src/apis/operator/v1.ts'
import { DEPLOYMENTS, NAMESPACES, NETWORK_POLICIES, SERVICE_ACCOUNTS } from '../../../src/apis/resources.ts'
import { KlusterletBench, SETUP_TIMEOUT_MS } from './klusterlet-bench.ts'

const NAME = 'small'
const NAMESPACE = 'open-cluster-management-small'

let bench: KlusterletBench

beforeAll(async () => {
  bench = await KlusterletBench.start()
  await bench.install({
    mode: 'Singleton',
    name: NAME,
    klusterletNamespace: NAMESPACE,
    bootstrapKubeconfig: bench.hubKubeconfig('administrator'),
  })
  await bench.managed
    .resource(KLUSTERLETS)
    .patch({ name: NAME }, { type: 'merge', body: { metadata: { labels: { team: 'a', app: 'b' } } } })
  bench.startOperator({ enableSyncLabels: true, disableAddonNamespace: true })
}, SETUP_TIMEOUT_MS)

afterAll(() => bench.close())

describe('a Klusterlet of mode Singleton, with a name and a namespace of its own', () => {
  it('has one agent for all, which needs not wait for its kubeconfig', async () => {
    const klusterlet = await bench.untilCondition('Available', 'True KlusterletAvailable', NAME)
    const deployment = await bench.until(DEPLOYMENTS, `${NAMESPACE}/${NAME}-agent`, () => true)
    expect(deployment).toMatchObject({
      metadata: {
        labels: {
          app: 'klusterlet-agent',
          team: 'a',
          'open-cluster-management.io/created-by-klusterlet': NAME,
        },
      },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'klusterlet-agent' } },
        template: { spec: { serviceAccountName: `${NAME}-work-sa` } },
      },
    })
    expect(deployment.spec.template.spec.containers[0].args).toEqual([
      '/registration-operator',
      'agent',
      '--spoke-cluster-name=cluster1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
      `--agent-id=${klusterlet.metadata.uid}`,
      '--workload-source-driver=kube',
      '--workload-source-config=/spoke/hub-kubeconfig/kubeconfig',
      '--status-sync-interval=60s',
      '--kube-api-qps=50',
      '--kube-api-burst=100',
      '--hub-kube-api-qps=50',
      '--hub-kube-api-burst=100',
    ])
    const accounts = await bench.managed.resource(SERVICE_ACCOUNTS).list({ namespace: NAMESPACE })
    expect(accounts.items.map(({ metadata }) => metadata.name)).not.toContain(`${NAME}-registration-sa`)
    expect(await bench.namespaceNames()).not.toContain('open-cluster-management-agent-addon')
  })

  it('has network policies with the gate NetworkPolicies, which is none of the agents', async () => {
    const featureGates = [{ feature: 'NetworkPolicies', mode: 'Enable' }]
    await bench.edit({ registrationConfiguration: { featureGates } }, NAME)
    await bench.until(NETWORK_POLICIES, `${NAMESPACE}/default-deny-all`, () => true)
    const { spec } = await bench.until(DEPLOYMENTS, `${NAMESPACE}/${NAME}-agent`, () => true)
    expect(JSON.stringify(spec.template.spec.containers[0].args)).not.toContain('feature-gates')
    await bench.untilCondition('ValidFeatureGates', 'True FeatureGatesAllValid', NAME)
    const isRelated = ({ status }: { status?: KlusterletStatus }) =>
      status?.relatedResources?.some(({ name }) => name === 'default-deny-all') === true
    await bench.untilKlusterlet(isRelated, NAME)
    await bench.edit({ registrationConfiguration: { featureGates: [] } }, NAME)
    await bench.untilKlusterlet((klusterlet) => !isRelated(klusterlet), NAME)
    const policies = await bench.managed.resource(NETWORK_POLICIES).list({ namespace: NAMESPACE })
    expect(policies.items).toEqual([])
  })

  it('becomes two agents, and one again', async () => {
    await bench.edit({ deployOption: { mode: 'Default' } }, NAME)
    await bench.until(DEPLOYMENTS, `${NAMESPACE}/${NAME}-registration-agent`, () => true)
    await bench.managed.untilGone(DEPLOYMENTS, `${NAMESPACE}/${NAME}-agent`)
    await bench.edit({ deployOption: { mode: 'Singleton' } }, NAME)
    await bench.managed.untilGone(
      DEPLOYMENTS,
      `${NAMESPACE}/${NAME}-registration-agent`,
      `${NAMESPACE}/${NAME}-work-agent`,
    )
    const { status } = await bench.untilKlusterlet((each) => each.status?.generations?.length === 1, NAME)
    expect(status.generations[0].name).toBe(`${NAME}-agent`)
    expect(JSON.stringify(status.relatedResources)).not.toContain(`${NAME}-registration-agent"`)
    await bench.untilCondition('Available', 'True KlusterletAvailable', NAME)
  })

  it('is not deployed for another cluster, which would be mode Hosted', async () => {
    await bench.installKlusterlet({ name: 'hosted', mode: 'Hosted', clusterName: 'cluster2' })
    await bench.untilCondition('ReadyToApply', 'False KlusterletPrepareFailed', 'hosted')
    await bench.managed.resource(KLUSTERLETS).delete({ name: 'hosted' })
    await bench.managed.untilGone(KLUSTERLETS, 'hosted')
  })

  it('goes with all that it had', async () => {
    await bench.managed.resource(KLUSTERLETS).delete({ name: NAME })
    await bench.managed.untilGone(KLUSTERLETS, NAME)
    await bench.managed.untilGone(NAMESPACES, NAMESPACE)
  })
})
