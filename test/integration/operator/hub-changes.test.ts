import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_ROLES, CONFIG_MAPS, DEPLOYMENTS, SECRETS, SERVICES } from '../../../src/apis/resources.ts'
import { until } from '../../support/until.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import { CLUSTER_MANAGERS, HUB, HubBench, START_MS, VALIDATING_WEBHOOKS } from './hub-bench.ts'

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start()
  hub.startOperator()
  await hub.createClusterManager()
  await hub.untilReady()
}, START_MS)

afterAll(() => hub.close())

const key = (suffix: string) => ({ namespace: HUB, name: `cluster-manager-${suffix}` })
const deployment = (suffix: string) => hub.resource(DEPLOYMENTS).find(key(suffix))
const untilDeployment = (suffix: string, isAsWanted: (object: AnyObject | undefined) => boolean) =>
  hub.untilObject(DEPLOYMENTS, key(suffix), isAsWanted)
const imageOf = (object: AnyObject | undefined) => object?.spec.template.spec.containers[0].image
const argsOf = (object: AnyObject | undefined): string[] =>
  object?.spec.template.spec.containers[0].args ?? []
const isAbsent = (object: AnyObject | undefined) => object === undefined
const isPresent = (object: AnyObject | undefined) => object !== undefined

/** Versions of all that was made for the hub, and of the ClusterManager: whatever is written changes them. */
async function versions(): Promise<Record<string, string | undefined>> {
  const labelSelector = 'open-cluster-management.io/created-by-clustermanager'
  const found: Record<string, string | undefined> = {}
  for (const definition of [DEPLOYMENTS, SERVICES, CLUSTER_ROLES, VALIDATING_WEBHOOKS]) {
    for (const { metadata } of (await hub.resource(definition).list({ labelSelector })).items)
      found[`${definition.plural} ${metadata.name}`] = metadata.resourceVersion
  }
  found.clusterManager = (await hub.clusterManager())?.metadata.resourceVersion
  return found
}

describe('the operator of a hub', { timeout: START_MS }, () => {
  it('writes nothing when it is started anew and all is as it should be', async () => {
    const before = await versions()
    await hub.stopOperator()
    hub.startOperator()
    // what it does at its start is done once it answers to something that comes later
    await hub.resource(SERVICES).delete(key('addon-webhook'))
    await hub.untilObject(SERVICES, key('addon-webhook'), isPresent)
    const after = await versions()
    const changed = Object.keys(after).filter((name) => after[name] !== before[name])
    expect(changed).toEqual(['services cluster-manager-addon-webhook'])
  })

  it('rolls out the images of an upgrade', async () => {
    await hub.patchClusterManager({
      registrationImagePullSpec: 'example.com/registration:2',
      workImagePullSpec: 'example.com/work:2',
      placementImagePullSpec: 'example.com/placement:2',
      addOnManagerImagePullSpec: 'example.com/addon-manager:2',
    })
    const images = [
      ['registration-controller', 'registration'],
      ['registration-webhook', 'registration'],
      ['work-webhook', 'work'],
      ['placement-controller', 'placement'],
      ['addon-manager-controller', 'addon-manager'],
      ['addon-webhook', 'addon-manager'],
    ]
    for (const [suffix = '', image] of images)
      await untilDeployment(suffix, (object) => imageOf(object) === `example.com/${image}:2`)
    const { status } = await hub.untilReady()
    const generations: { name: string; lastGeneration: number }[] = status.generations
    for (const { name, lastGeneration } of generations) {
      const object = await hub.resource(DEPLOYMENTS).get({ namespace: HUB, name })
      expect([name, lastGeneration]).toEqual([name, object.metadata.generation])
    }
  })

  it('puts back what somebody has changed or deleted', async () => {
    await hub.resource(DEPLOYMENTS).patch(key('work-webhook'), {
      type: 'strategic',
      body: { spec: { replicas: 0, template: { spec: { nodeSelector: { disk: 'ssd' } } } } },
    })
    const restored = await untilDeployment('work-webhook', (object) => object?.spec.replicas === 1)
    expect(restored.spec.template.spec.nodeSelector).toBeUndefined()

    const role = { name: 'open-cluster-management:cluster-manager-work:webhook' }
    const { rules } = await hub.resource(CLUSTER_ROLES).get(role)
    await hub.resource(CLUSTER_ROLES).patch(role, { type: 'merge', body: { rules: [] } })
    await hub.untilObject(CLUSTER_ROLES, role, (object) => object?.rules?.length === rules.length)

    const copy = { namespace: HUB, name: 'open-cluster-management-image-pull-credentials' }
    await hub.resource(SECRETS).delete(copy)
    await hub.untilObject(SECRETS, copy, isPresent)

    await hub.resource(SERVICES).patch(key('work-webhook'), {
      type: 'merge',
      body: { spec: { selector: { app: 'nobody' } } },
    })
    await hub.untilObject(
      SERVICES,
      key('work-webhook'),
      (object) => object?.spec.selector.app === 'cluster-manager-work-webhook',
    )
  })

  it('turns Deployments and their rights on and off by gates', async () => {
    const workRole = { name: 'open-cluster-management:cluster-manager-work:controller' }
    expect(await deployment('work-controller')).toBeUndefined()
    await hub.patchClusterManager({
      workConfiguration: { featureGates: [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' }] },
      addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }] },
      placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
    })
    const debugCertificate = { namespace: HUB, name: 'placement-debug-serving-cert' }
    await hub.untilObject(SERVICES, key('placement'), isPresent)
    await hub.untilObject(SECRETS, debugCertificate, isPresent)
    const { spec } = await untilDeployment(
      'placement-controller',
      (object) => object?.spec.template.spec.containers.length === 2,
    )
    expect(spec.template.spec.containers[1].name).toBe('debug-server')
    const controller = await untilDeployment('work-controller', isPresent)
    expect(argsOf(controller)).toEqual([
      '/work',
      'manager',
      '--feature-gates=ManifestWorkReplicaSet=true',
      '--tls-min-version=VersionTLS12',
    ])
    await hub.untilObject(CLUSTER_ROLES, workRole, isPresent)
    await untilDeployment('addon-manager-controller', isAbsent)
    const { status } = await hub.untilReady()
    const related = status.relatedResources.map(({ name }: AnyObject) => name)
    expect(related).toContain('cluster-manager-work-controller')
    expect(related).not.toContain('cluster-manager-addon-manager-controller')

    await hub.patchClusterManager({
      workConfiguration: { featureGates: [] },
      addOnManagerConfiguration: { featureGates: [] },
      placementConfiguration: { featureGates: [] },
    })
    await hub.untilObject(SERVICES, key('placement'), isAbsent)
    await hub.untilObject(SECRETS, debugCertificate, isAbsent)
    await untilDeployment(
      'placement-controller',
      (object) => object?.spec.template.spec.containers.length === 1,
    )
    await untilDeployment('work-controller', isAbsent)
    await hub.untilObject(CLUSTER_ROLES, workRole, isAbsent)
    await untilDeployment('addon-manager-controller', isPresent)
  })

  it('says which gates nobody knows, and goes on without them', async () => {
    await hub.patchClusterManager({
      registrationConfiguration: {
        featureGates: [
          { feature: 'NoSuchGate', mode: 'Enable' },
          { feature: 'ManagedClusterAutoApproval', mode: 'Enable' },
        ],
      },
    })
    const { status } = await hub.untilCondition('ValidFeatureGates', 'False InvalidFeatureGatesExisting')
    expect(status.conditions.find(({ type }: AnyObject) => type === 'ValidFeatureGates').message).toBe(
      'There are some invalid feature gates of [Registration: [NoSuchGate]   ], will process them with default values',
    )
    const controller = await untilDeployment('registration-controller', (object) =>
      argsOf(object).includes('--feature-gates=ManagedClusterAutoApproval=true'),
    )
    expect(argsOf(controller)).toContain(
      '--cluster-auto-approval-users=system:serviceaccount:open-cluster-management:agent-registration-bootstrap',
    )
    await hub.patchClusterManager({ registrationConfiguration: { featureGates: [] } })
    await hub.untilCondition('ValidFeatureGates', 'True FeatureGatesAllValid')
  })

  it('places Pods, and gives them what they are to have', async () => {
    const tolerations = [{ key: 'role', operator: 'Equal', value: 'infra', effect: 'NoSchedule' }]
    await hub.patchClusterManager({
      nodePlacement: { nodeSelector: { role: 'infra' }, tolerations },
      resourceRequirement: {
        type: 'ResourceRequirement',
        resourceRequirements: { requests: { cpu: '50m' }, limits: { memory: '64Mi' } },
      },
    })
    const { spec } = await untilDeployment(
      'addon-webhook',
      (object) => object?.spec.template.spec.nodeSelector?.role === 'infra',
    )
    expect(spec.template.spec.tolerations).toEqual(tolerations)
    expect(spec.template.spec.containers[0].resources).toEqual({
      requests: { cpu: '50m' },
      limits: { memory: '64Mi' },
    })
    await hub.patchClusterManager({
      nodePlacement: { nodeSelector: null, tolerations: null },
      resourceRequirement: { type: 'BestEffort', resourceRequirements: null },
    })
    await untilDeployment('addon-webhook', (object) => {
      const [container] = object?.spec.template.spec.containers ?? []
      return !object?.spec.template.spec.nodeSelector && !container?.resources.requests
    })
  })

  it('says when a component does not run, and when it does again', async () => {
    hub.workloads.kubelet.behave({
      behaviourOf: ({ metadata }) =>
        metadata.labels?.app === 'clustermanager-placement-controller' ? 'never-ready' : 'run',
    })
    const { status } = await hub.untilCondition('HubPlacementDegraded', 'True UnavailablePlacementPod')
    expect(status.conditions.find(({ type }: AnyObject) => type === 'HubPlacementDegraded').message).toBe(
      '1 of requested instances are unavailable of placement deployment "open-cluster-management-hub" "cluster-manager-placement-controller"',
    )
    await hub.untilCondition('Progressing', 'True ClusterManagerDeploymentRolling')
    hub.workloads.kubelet.behave({})
    await hub.untilCondition('HubPlacementDegraded', 'False PlacementFunctional')
    await hub.untilReady()
  })

  it('changes nothing for what it cannot do, and says so', async () => {
    const before = (await deployment('registration-controller'))?.metadata.resourceVersion
    await hub.patchClusterManager({
      deployOption: { mode: 'Hosted' },
      workImagePullSpec: 'example.com/work:3',
    })
    await hub.untilCondition('Applied', 'False HostedModeUnsupported')
    expect((await deployment('registration-controller'))?.metadata.resourceVersion).toBe(before)
    expect(imageOf(await deployment('work-webhook'))).toBe('example.com/work:2')
    await hub.patchClusterManager({ deployOption: { mode: 'Default' } })
    await untilDeployment('work-webhook', (object) => imageOf(object) === 'example.com/work:3')
    await hub.untilReady()

    const drivers = [{ authType: 'csr' }, { authType: 'grpc' }]
    await hub.patchClusterManager({ registrationConfiguration: { registrationDrivers: drivers } })
    await hub.untilCondition('Applied', 'False RegistrationDriverUnsupported')
    await hub.patchClusterManager({
      registrationConfiguration: { registrationDrivers: [{ authType: 'csr' }] },
    })
    await hub.untilReady()
  })

  it('hands the TLS profile on, and waits for one that makes sense', async () => {
    const metadata = { namespace: 'open-cluster-management', name: 'ocm-tls-profile' }
    const hasFlag = (flag: string) => (object: AnyObject | undefined) => argsOf(object).includes(flag)
    await hub
      .resource(CONFIG_MAPS)
      .create({ kind: 'ConfigMap', metadata, data: { minTLSVersion: 'VersionTLS13' } })
    await untilDeployment('addon-webhook', hasFlag('--tls-min-version=VersionTLS13'))
    const setVersion = (minTLSVersion: string) =>
      hub.resource(CONFIG_MAPS).patch(metadata, { type: 'merge', body: { data: { minTLSVersion } } })
    await setVersion('TLSv9')
    await hub.untilCondition('Applied', 'False InvalidTLSProfile')
    expect(argsOf(await deployment('addon-webhook'))).toContain('--tls-min-version=VersionTLS13')
    await hub.resource(CONFIG_MAPS).delete(metadata)
    await untilDeployment('addon-webhook', hasFlag('--tls-min-version=VersionTLS12'))
    await hub.untilReady()
  })

  it('says what it could not apply, and applies it as soon as it can', async () => {
    const role = { name: 'cluster-manager' }
    const { rules } = await hub.resource(CLUSTER_ROLES).get(role)
    const setRules = (body: object) => hub.resource(CLUSTER_ROLES).patch(role, { type: 'merge', body })
    await setRules({
      rules: rules.filter(({ resources }: { resources: string[] }) => !resources.includes('deployments')),
    })
    await hub.resource(DEPLOYMENTS).delete(key('work-webhook'))
    const { status } = await hub.untilCondition('Applied', 'False RuntimeResourceApplyFailed')
    expect(status.conditions.find(({ type }: AnyObject) => type === 'Applied').message).toContain(
      'cannot apply Deployment "open-cluster-management-hub/cluster-manager-work-webhook": deployments.apps is forbidden',
    )
    // what was applied before is still told of
    expect(status.generations).toHaveLength(6)
    await setRules({ rules })
    await untilDeployment('work-webhook', isPresent)
    await hub.untilReady()
  })

  it('hands its labels on if it is told to', async () => {
    await hub.stopOperator()
    hub.startOperator({ enableSyncLabels: true })
    const labels = { team: 'fleet', app: 'mine', 'open-cluster-management.io/x': 'mine' }
    await hub
      .resource(CLUSTER_MANAGERS)
      .patch({ name: 'cluster-manager' }, { type: 'merge', body: { metadata: { labels } } })
    const { metadata, spec } = await untilDeployment(
      'registration-controller',
      (object) => object?.metadata.labels?.team === 'fleet',
    )
    expect(metadata.labels).toEqual({
      app: 'cluster-manager-registration-controller',
      team: 'fleet',
      'open-cluster-management.io/created-by-clustermanager': 'cluster-manager',
    })
    expect(spec.template.spec.containers[0].args).toContain('--labels=team=fleet')
    await until(async () => {
      const { metadata: of } = await hub.resource(CLUSTER_ROLES).get({
        name: 'open-cluster-management:cluster-manager-registration:controller',
      })
      return of.labels?.team === 'fleet'
    }, 'roles have the label')
  })
})
