import { describe, expect, it } from 'vitest'
import type { ClusterManagerSpec } from '../../../src/apis/operator/v1.ts'
import type { PolicyRule } from '../../../src/apis/rbac/v1.ts'
import { CLUSTER_MANAGER_RULES } from '../../../src/manifests/cluster-manager-role.ts'
import { describeManifest, type Manifest } from '../../../src/operator/apply/manifest.ts'
import { hubConfig } from '../../../src/operator/cluster-manager/hub-config.ts'
import { hubCrdManifests } from '../../../src/operator/cluster-manager/hub-crds.ts'
import { hubDeployments, hubResources } from '../../../src/operator/cluster-manager/hub-manifests.ts'
import { webhookConfigurations } from '../../../src/operator/cluster-manager/manifests/webhooks.ts'

const configOf = (spec: ClusterManagerSpec = {}, more: object = {}) =>
  hubConfig(
    { metadata: { name: 'cluster-manager', labels: { team: 'fleet' } }, spec },
    {
      operatorNamespace: 'open-cluster-management',
      replicas: 3,
      caBundle: 'PEM',
      hasImagePullSecret: false,
      imagePullSecretName: 'pull',
      enableSyncLabels: false,
      tls: { minVersion: '', cipherSuites: '' },
      agentImage: 'example.com/operator:1',
      mayDeleteRequests: true,
      ...more,
    },
  )
const gate = (feature: string) => ({ featureGates: [{ feature, mode: 'Enable' as const }] })
const container = (spec: ClusterManagerSpec, suffix: string, more: object = {}) =>
  hubDeployments(configOf(spec, more)).wanted.find(
    ({ metadata }) => metadata.name === `cluster-manager-${suffix}`,
  )?.spec.template.spec?.containers?.[0]

describe('the Deployments of a hub', () => {
  it.each([
    [
      'registration-controller',
      'hub-registration-controller',
      '/registration controller',
      'registration-controller-sa',
      'clustermanager-registration-controller',
    ],
    [
      'registration-webhook',
      'cluster-manager-webhook',
      '/registration webhook-server',
      'registration-webhook-sa',
      'cluster-manager-registration-webhook',
    ],
    [
      'work-webhook',
      'cluster-manager-webhook',
      '/work webhook-server',
      'work-webhook-sa',
      'cluster-manager-work-webhook',
    ],
    [
      'work-controller',
      'cluster-manager-work-controller',
      '/work manager',
      'work-controller-sa',
      'cluster-manager-work-controller',
    ],
    [
      'placement-controller',
      'placement-controller',
      '/placement controller',
      'placement-controller-sa',
      'clustermanager-placement-controller',
    ],
    [
      'addon-webhook',
      'cluster-manager-addon-webhook',
      '/addon webhook-server',
      'addon-webhook-sa',
      'cluster-manager-addon-webhook',
    ],
    [
      'addon-manager-controller',
      'addon-manager-controller',
      '/addon manager',
      'addon-manager-controller-sa',
      'clustermanager-addon-manager-controller',
    ],
  ])('%s: container %s runs %s as %s, in Pods %s', (suffix, name, command, serviceAccount, app) => {
    const config = configOf({ workConfiguration: gate('ManifestWorkReplicaSet') })
    const found = hubDeployments(config).wanted.find(
      ({ metadata }) => metadata.name === `cluster-manager-${suffix}`,
    )
    const pod = found?.spec.template.spec
    const first = pod?.containers?.[0]
    expect([first?.name, first?.args?.slice(0, 2).join(' '), pod?.serviceAccountName]).toEqual([
      name,
      command,
      serviceAccount,
    ])
    expect(found?.metadata.labels).toMatchObject({ app: `cluster-manager-${suffix}` })
    expect(found?.spec.selector.matchLabels).toEqual({ app })
    expect(found?.spec.replicas).toBe(3)
    expect(first?.resources).toEqual({ requests: { cpu: '2m', memory: '16Mi' } })
    expect(first?.securityContext?.readOnlyRootFilesystem).toBe(true)
  })

  it('ask webhook servers for their health by HTTP, controllers by HTTPS', () => {
    expect(container({}, 'registration-webhook')).toMatchObject({
      args: [
        '/registration',
        'webhook-server',
        '--port=9443',
        '--health-probe-port=8000',
        '--metrics-port=8080',
        '--feature-gates=DefaultClusterSet=true',
      ],
      startupProbe: { httpGet: { path: '/readyz', scheme: 'HTTP', port: 8000 }, periodSeconds: 1 },
      livenessProbe: { httpGet: { path: '/healthz', scheme: 'HTTP', port: 8000 } },
      readinessProbe: { httpGet: { path: '/readyz', scheme: 'HTTP', port: 8000 } },
    })
    expect(container({}, 'work-webhook')?.readinessProbe?.httpGet?.path).toBe('/healthz')
    expect(container({}, 'placement-controller')?.readinessProbe?.httpGet).toEqual({
      path: '/healthz',
      scheme: 'HTTPS',
      port: 8443,
    })
  })

  it('bind webhook servers to where they are wanted', () => {
    const bindConfiguration = { port: 19443, healthProbePort: 0, metricsPort: 18080, hostNetwork: true }
    const spec: ClusterManagerSpec = {
      deployOption: { mode: 'Default', default: { workWebhookConfiguration: { bindConfiguration } } },
    }
    const webhook = hubDeployments(configOf(spec)).wanted.find(
      ({ metadata }) => metadata.name === 'cluster-manager-work-webhook',
    )
    expect(webhook?.spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    })
    expect(webhook?.spec.template.spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
    })
    expect(webhook?.spec.template.spec?.containers?.[0]?.livenessProbe).toBeUndefined()
    const services = hubResources(configOf(spec)).wanted.filter(({ kind }) => kind === 'Service')
    expect(
      services.map(({ metadata, ...service }) => [
        metadata.name,
        (service as never as { spec: { ports: { port: number }[] } }).spec.ports[0]?.port,
      ]),
    ).toContainEqual(['cluster-manager-work-webhook', 19443])
    const configuration = webhookConfigurations(configOf(spec)).at(-1) as unknown as {
      webhooks: { clientConfig: object }[]
    }
    expect(configuration.webhooks[0]?.clientConfig).toEqual({
      service: {
        namespace: 'open-cluster-management-hub',
        name: 'cluster-manager-work-webhook',
        path: '/validate-work-open-cluster-management-io-v1-manifestwork',
        port: 19443,
      },
      caBundle: btoa('PEM'),
    })
  })

  it('tell the registration controller how agents may register', () => {
    const hubClusterArn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub1'
    const spec: ClusterManagerSpec = {
      registrationConfiguration: {
        registrationDrivers: [
          { authType: 'csr', csr: { autoApprovedIdentities: ['a', 'b'] } },
          {
            authType: 'awsirsa',
            awsirsa: { hubClusterArn, autoApprovedIdentities: ['arn:*'], tags: ['k=v'] },
          },
        ],
      },
    }
    expect(container(spec, 'registration-controller')?.args).toEqual([
      '/registration',
      'controller',
      `--hub-cluster-arn=${hubClusterArn}`,
      '--enabled-registration-drivers=csr,awsirsa',
      '--auto-approved-csr-users=a,b',
      '--auto-approved-arn-patterns=arn:*',
      '--aws-resource-tags=k=v',
    ])
    const account = hubResources(configOf(spec)).wanted.find(
      ({ metadata }) => metadata.name === 'registration-controller-sa',
    )
    expect(account?.metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/hub1_managed-cluster-identity-creator',
    })
  })

  it('hand on the TLS profile, the pull Secret and what imports clusters', () => {
    const tls = { minVersion: 'VersionTLS13', cipherSuites: 'TLS_AES_128_GCM_SHA256' }
    const spec: ClusterManagerSpec = { registrationConfiguration: gate('ClusterImporter') }
    expect(container(spec, 'registration-controller', { tls })?.args).toEqual([
      '/registration',
      'controller',
      '--feature-gates=ClusterImporter=true',
      '--agent-image=example.com/operator:1',
      '--bootstrap-serviceaccount=open-cluster-management/agent-registration-bootstrap',
      '--image-pull-secret-name=pull',
      '--tls-min-version=VersionTLS13',
      '--tls-cipher-suites=TLS_AES_128_GCM_SHA256',
    ])
  })

  it('configure the driver of the work controller where it is not the API', () => {
    const features = ['ManifestWorkReplicaSet', 'CloudEventsDrivers']
    const workConfiguration = {
      workDriver: 'mqtt' as const,
      featureGates: features.map((feature) => ({ feature, mode: 'Enable' as const })),
    }
    const controller = container({ workConfiguration }, 'work-controller')
    expect(controller?.args).toContain('--work-driver=mqtt')
    expect(controller?.args).toContain('--work-driver-config=/var/run/secrets/work/config.yaml')
    expect(controller?.volumeMounts?.map(({ mountPath }) => mountPath)).toContain('/var/run/secrets/work')
  })
})

describe('the gates of a hub', () => {
  const namesOf = (manifests: readonly Manifest[]) => manifests.map(describeManifest)

  it('decide about what is there besides', () => {
    const plain = hubResources(configOf())
    const profile = hubResources(configOf({ registrationConfiguration: gate('NetworkPolicies') }))
    expect(namesOf(plain.wanted).filter((name) => name.startsWith('NetworkPolicy'))).toEqual([])
    expect(namesOf(profile.wanted).filter((name) => name.startsWith('NetworkPolicy'))).toHaveLength(5)
    expect(namesOf(plain.unwanted)).toContain(
      'Service "open-cluster-management-hub/cluster-manager-placement"',
    )
    expect(configOf({ registrationConfiguration: gate('NetworkPolicies') }).gates.condition.status).toBe(
      'True',
    )
  })

  it('decide about ClusterProfiles', () => {
    expect(hubCrdManifests(configOf())).toHaveLength(12)
    const crds = hubCrdManifests(configOf({ registrationConfiguration: gate('ClusterProfile') }), {
      team: 'fleet',
    })
    expect(crds.at(-1)?.metadata).toMatchObject({
      name: 'clusterprofiles.multicluster.x-k8s.io',
      labels: { team: 'fleet', 'open-cluster-management.io/created-by-clustermanager': 'cluster-manager' },
    })
  })
})

describe('the rights of the operator', () => {
  const features = ['ClusterImporter', 'ClusterProfile'].map((feature) => ({
    feature,
    mode: 'Enable' as const,
  }))
  const config = configOf({
    registrationConfiguration: { featureGates: features },
    workConfiguration: gate('ManifestWorkReplicaSet'),
  })
  const given = hubResources({
    ...config,
    imagePullSecretName: 'open-cluster-management-image-pull-credentials',
  })
    .wanted.filter(({ kind }) => kind === 'ClusterRole')
    .flatMap((role) =>
      ((role as { rules?: readonly PolicyRule[] }).rules ?? []).map(
        (rule) => [role.metadata.name, rule] as const,
      ),
    )

  it.each(given)('contain what %s is given: %j', (_name, rule) => {
    const isCovered = (verb: string, group: string, resource: string, name: string | undefined) =>
      CLUSTER_MANAGER_RULES.some(
        (own) =>
          own.verbs?.includes(verb) &&
          own.apiGroups?.includes(group) &&
          own.resources?.includes(resource) &&
          (!own.resourceNames || (name !== undefined && own.resourceNames.includes(name))),
      )
    const missing = (rule.verbs ?? []).flatMap((verb) =>
      (rule.apiGroups ?? []).flatMap((group) =>
        (rule.resources ?? []).flatMap((resource) =>
          (rule.resourceNames ?? [undefined])
            .filter((name) => !isCovered(verb, group, resource, name))
            .map((name) => [verb, group, resource, name].join(' ')),
        ),
      ),
    )
    expect(missing).toEqual([])
  })
})
