import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  NAMESPACES,
  NODES,
  SECRETS,
} from '../../../src/apis/resources.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import { AGENT_NAMESPACE, KlusterletBench, SETUP_TIMEOUT_MS } from './klusterlet-bench.ts'

let bench: KlusterletBench

beforeAll(async () => {
  bench = await KlusterletBench.start()
  await bench.install({ bootstrapKubeconfig: bench.hubKubeconfig('administrator') })
  await bench.putSecret('hub-kubeconfig-secret', { kubeconfig: bench.hubKubeconfig('administrator') })
  bench.startOperator()
  await bench.untilCondition('Available', 'True KlusterletAvailable')
}, SETUP_TIMEOUT_MS)

afterAll(() => bench.close())

const untilAgent = (
  agent: 'registration' | 'work',
  isAsWanted: (deployment: AnyObject) => boolean,
  namespace = AGENT_NAMESPACE,
) => bench.until(DEPLOYMENTS, `${namespace}/klusterlet-${agent}-agent`, isAsWanted)
const argsOf = ({ spec }: AnyObject): string[] => spec.template.spec.containers[0].args
const untilArgument = (agent: 'registration' | 'work', argument: string) =>
  untilAgent(agent, (deployment) => argsOf(deployment).includes(argument))
const untilNoArgument = (agent: 'registration' | 'work', prefix: string) =>
  untilAgent(agent, (deployment) => argsOf(deployment).every((each) => !each.startsWith(prefix)))

describe('a Klusterlet that is edited', () => {
  it('has agents with other images, places, priorities, aliases and resources', async () => {
    await bench.edit({
      registrationImagePullSpec: 'example.com/registration:2',
      workImagePullSpec: 'example.com/work:2',
      nodePlacement: {
        nodeSelector: { role: 'agents' },
        tolerations: [{ key: 'agents', operator: 'Exists', effect: 'NoExecute' }],
      },
      priorityClassName: 'system-cluster-critical',
      hubApiServerHostAlias: { ip: '192.0.2.1', hostname: 'hub.example.com' },
      resourceRequirement: {
        type: 'ResourceRequirement',
        resourceRequirements: { requests: { cpu: '5m', memory: '64Mi' }, limits: { memory: '1Gi' } },
      },
    })
    for (const [agent, image] of [
      ['registration', 'example.com/registration:2'],
      ['work', 'example.com/work:2'],
    ] as const) {
      const { spec } = await untilAgent(
        agent,
        (deployment) => deployment.spec.template.spec.containers[0].image === image,
      )
      expect(spec.template.spec).toMatchObject({
        nodeSelector: { role: 'agents' },
        tolerations: [{ key: 'agents', operator: 'Exists', effect: 'NoExecute' }],
        priorityClassName: 'system-cluster-critical',
        hostAliases: [{ ip: '192.0.2.1', hostnames: ['hub.example.com'] }],
        containers: [{ resources: { requests: { cpu: '5m', memory: '64Mi' }, limits: { memory: '1Gi' } } }],
      })
    }
  })

  it('takes all of that back', async () => {
    await bench.edit({
      nodePlacement: null,
      priorityClassName: null,
      hubApiServerHostAlias: null,
      resourceRequirement: { type: 'BestEffort', resourceRequirements: null },
    })
    const { spec } = await untilAgent('work', (each) => each.spec.template.spec.nodeSelector === undefined)
    expect(spec.template.spec.tolerations).toBeUndefined()
    expect(spec.template.spec.priorityClassName).toBeUndefined()
    expect(spec.template.spec.hostAliases).toBeUndefined()
    expect(spec.template.spec.containers[0].resources).toEqual({})
  })

  it('tells its registration agent what it is to say to the hub', async () => {
    await bench.edit({
      externalServerURLs: [{ url: 'https://a.example.com' }, { url: 'https://b.example.com' }],
      registrationConfiguration: {
        clientCertExpirationSeconds: 7200,
        kubeAPIQPS: 10,
        kubeAPIBurst: 60,
        clusterAnnotations: { 'agent.open-cluster-management.io/a': '1', 'example.com/b': '2' },
        clusterClaimConfiguration: {
          maxCustomClusterClaims: 5,
          reservedClusterClaimSuffixes: ['x.io', 'y.io'],
        },
        addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 3600 } },
      },
    })
    const deployment = await untilArgument('registration', '--client-cert-expiration-seconds=7200')
    expect(argsOf(deployment)).toEqual([
      '/registration',
      'agent',
      '--spoke-cluster-name=cluster1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
      '--spoke-external-server-urls=https://a.example.com,https://b.example.com',
      '--client-cert-expiration-seconds=7200',
      '--cluster-annotations=agent.open-cluster-management.io/a=1',
      '--kube-api-qps=10',
      '--kube-api-burst=60',
      '--max-custom-cluster-claims=5',
      '--reserved-cluster-claim-suffixes=x.io,y.io',
      '--addon-kubeclient-registration-auth=token',
      '--addon-token-expiration-seconds=3600',
    ])
    await bench.edit({
      externalServerURLs: [{ url: '' }],
      registrationConfiguration: { clusterClaimConfiguration: { maxCustomClusterClaims: 0 } },
    })
    await untilNoArgument('registration', '--spoke-external-server-urls')
    await untilNoArgument('registration', '--max-custom-cluster-claims')
  })

  it('tells its work agent how to work', async () => {
    await bench.edit({
      workConfiguration: {
        statusSyncInterval: '90s',
        appliedManifestWorkEvictionGracePeriod: '10m',
        hubKubeAPIQPS: 7,
      },
    })
    const deployment = await untilArgument('work', '--status-sync-interval=1m30s')
    expect(argsOf(deployment)).toEqual(
      expect.arrayContaining([
        '--hub-kube-api-qps=7',
        '--hub-kube-api-burst=100',
        '--appliedmanifestwork-eviction-grace-period=10m0s',
      ]),
    )
  })

  it('hands on gates that are other than by default, and says which nobody knows', async () => {
    const registration = { feature: 'ClusterClaim', mode: 'Disable' }
    const work = { feature: 'RawFeedbackJsonString', mode: 'Enable' }
    await bench.edit({
      registrationConfiguration: {
        featureGates: [registration, { feature: 'AddonManagement', mode: 'Enable' }],
      },
      workConfiguration: { featureGates: [work] },
    })
    const deployment = await untilArgument('registration', '--feature-gates=ClusterClaim=false')
    expect(argsOf(deployment).filter((each) => each.startsWith('--feature-gates'))).toHaveLength(1)
    await untilArgument('work', '--feature-gates=RawFeedbackJsonString=true')
    await bench.edit({
      registrationConfiguration: { featureGates: [registration, { feature: 'Foo', mode: 'Enable' }] },
      workConfiguration: { featureGates: [work, { feature: 'Bar', mode: 'Enable' }] },
    })
    const invalid = await bench.untilCondition('ValidFeatureGates', 'False InvalidFeatureGatesExisting')
    expect(invalid.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'ValidFeatureGates',
        message:
          'There are some invalid feature gates of [Registration: [Foo] Work: [Bar]], will process them with default values',
      }),
    )
    await untilArgument('registration', '--feature-gates=ClusterClaim=false')
    await bench.edit({
      registrationConfiguration: { featureGates: null },
      workConfiguration: { featureGates: null },
    })
    await bench.untilCondition('ValidFeatureGates', 'True FeatureGatesAllValid')
    await untilNoArgument('registration', '--feature-gates')
  })

  it('has the CRD of properties with the gate ClusterProperty', async () => {
    await bench.edit({
      registrationConfiguration: { featureGates: [{ feature: 'ClusterProperty', mode: 'Enable' }] },
    })
    await bench.until(CUSTOM_RESOURCE_DEFINITIONS, 'clusterproperties.about.k8s.io', () => true)
  })

  it('has three of each agent once there are several nodes of the control plane', async () => {
    for (const name of ['one', 'two'])
      await bench.managed.resource(NODES).create({
        metadata: { name, labels: { 'node-role.kubernetes.io/master': '' } },
      })
    await bench.edit({ workConfiguration: { hubKubeAPIQPS: 8 } })
    await untilAgent('registration', ({ spec }) => spec.replicas === 3)
    await untilAgent('work', ({ spec }) => spec.replicas === 3)
    await bench.untilCondition('RegistrationDesiredDegraded', 'False DeploymentsFunctional')
  })

  it('says when too few Pods are available, and none', async () => {
    bench.kubelet.behave({
      behaviourOf: ({ spec }) => (spec?.containers?.[0]?.args?.includes('/work') ? 'never-ready' : 'run'),
    })
    await bench.edit({ workImagePullSpec: 'example.com/work:3' })
    await bench.untilCondition('WorkDesiredDegraded', 'True UnavailablePods')
    await bench.untilCondition('RegistrationDesiredDegraded', 'False DeploymentsFunctional')
    await bench.untilCondition('Available', 'False NoAvailablePods')
    bench.kubelet.behave({})
    await bench.untilCondition('Available', 'True KlusterletAvailable')
    await bench.untilCondition('WorkDesiredDegraded', 'False DeploymentsFunctional')
  })

  it('moves to another namespace with what its agents show the hub, and leaves the old one only then', async () => {
    const namespace = 'open-cluster-management-elsewhere'
    const secrets = bench.managed.resource(SECRETS)
    const shown = (from: string) =>
      Promise.all(
        ['bootstrap-hub-kubeconfig', 'hub-kubeconfig-secret'].map(
          async (name) => (await secrets.get({ namespace: from, name })).data,
        ),
      )
    const before = await shown(AGENT_NAMESPACE)
    await bench.edit({ namespace })
    await untilAgent('registration', () => true, namespace)
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE)
    expect(await shown(namespace)).toEqual(before)
    await bench.untilCondition('HubConnectionDegraded', 'False HubConnectionFunctional')
    await untilAgent('work', ({ spec }) => spec.replicas > 0, namespace)
  })
})
