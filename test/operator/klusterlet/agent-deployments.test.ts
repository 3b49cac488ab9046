import { describe, expect, it } from 'vitest'
import type { Klusterlet, KlusterletSpec } from '../../../src/apis/operator/v1.ts'
import type { AgentContext } from '../../../src/operator/klusterlet/agent-context.ts'
import {
  type DeploymentManifest,
  registrationDeployment,
  singletonDeployment,
  workDeployment,
} from '../../../src/operator/klusterlet/agent-deployments.ts'

const CONTEXT: AgentContext = {
  replicas: 1,
  labels: { 'open-cluster-management.io/created-by-klusterlet': 'k' },
}
const HUB_ARN = 'arn:aws:eks:us-west-2:123456789012:cluster/hub'
const MANAGED_ARN = 'arn:aws:eks:us-west-2:210987654321:cluster/managed'

const klusterlet = (spec: KlusterletSpec = {}): Klusterlet => ({
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'Klusterlet',
  metadata: { name: 'k', uid: 'an-agent' },
  spec: { clusterName: 'cluster1', ...spec },
})
const podOf = ({ spec }: DeploymentManifest) => spec?.template.spec
const containerOf = (deployment: DeploymentManifest) => podOf(deployment)?.containers?.[0]
const argsOf = (deployment: DeploymentManifest) => containerOf(deployment)?.args ?? []

describe('the Deployment of the registration agent', () => {
  it('bootstraps by a Secret, and keeps its identity in memory', () => {
    const deployment = registrationDeployment(klusterlet(), CONTEXT)
    expect(deployment.metadata).toMatchObject({
      name: 'k-registration-agent',
      namespace: 'open-cluster-management-agent',
      labels: { app: 'klusterlet-registration-agent' },
    })
    expect(argsOf(deployment)).toEqual([
      '/registration',
      'agent',
      '--spoke-cluster-name=cluster1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
    ])
    expect(podOf(deployment)?.volumes).toEqual([
      { name: 'bootstrap-secret', secret: { secretName: 'bootstrap-hub-kubeconfig' } },
      { name: 'hub-kubeconfig', emptyDir: { medium: 'Memory' } },
      { name: 'tmpdir', emptyDir: {} },
    ])
    expect(containerOf(deployment)).toMatchObject({
      livenessProbe: { httpGet: { path: '/healthz', scheme: 'HTTPS', port: 8443 }, periodSeconds: 10 },
      readinessProbe: { httpGet: { path: '/healthz', scheme: 'HTTPS', port: 8443 } },
      resources: { requests: { cpu: '2m', memory: '16Mi' } },
    })
  })

  it('has kubeconfigs of several hubs with the gate MultipleHubs', () => {
    const deployment = registrationDeployment(
      klusterlet({
        registrationConfiguration: {
          featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
          bootstrapKubeConfigs: {
            type: 'LocalSecrets',
            localSecretsConfig: {
              kubeConfigSecrets: [{ name: 'hub-a' }, { name: 'hub-b' }],
              hubConnectionTimeoutSeconds: 300,
            },
          },
        },
      }),
      CONTEXT,
    )
    expect(argsOf(deployment).slice(3)).toEqual([
      '--bootstrap-kubeconfigs=/spoke/hub-a/kubeconfig',
      '--bootstrap-kubeconfigs=/spoke/hub-b/kubeconfig',
      '--hub-connection-timeout-seconds=300',
      '--feature-gates=MultipleHubs=true',
    ])
    expect(containerOf(deployment)?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
      '/spoke/hub-a',
      '/spoke/hub-b',
      '/spoke/hub-kubeconfig',
      '/tmp',
    ])
  })

  it('shows an EKS hub a role that is named after both clusters', () => {
    const driver = {
      authType: 'awsirsa',
      awsIrsa: { hubClusterArn: HUB_ARN, managedClusterArn: MANAGED_ARN },
    } as const
    const deployment = registrationDeployment(
      klusterlet({ registrationConfiguration: { registrationDriver: driver } }),
      CONTEXT,
    )
    expect(argsOf(deployment)).toEqual(
      expect.arrayContaining([
        '--registration-auth=awsirsa',
        `--hub-cluster-arn=${HUB_ARN}`,
        `--managed-cluster-arn=${MANAGED_ARN}`,
        // md5 of 123456789012#hub#210987654321#managed
        '--managed-cluster-role-suffix=ca23490c54749f0abfb75ee3c1bebbdf',
      ]),
    )
    expect(podOf(deployment)?.initContainers?.[0]?.name).toBe('load-awscli')
  })

  it('has what is said of TLS', () => {
    const tls = { minVersion: 'VersionTLS13', cipherSuites: 'TLS_AES_128_GCM_SHA256' }
    expect(argsOf(registrationDeployment(klusterlet(), { ...CONTEXT, tls })).slice(-2)).toEqual([
      '--tls-min-version=VersionTLS13',
      '--tls-cipher-suites=TLS_AES_128_GCM_SHA256',
    ])
  })
})

describe('the Deployment of the work agent', () => {
  it('gets its identity from the registration agent, and begins anew when that changes', () => {
    const deployment = workDeployment(klusterlet(), { ...CONTEXT, replicas: 0 }, 'made-up')
    expect(argsOf(deployment)).toEqual([
      '/work',
      'agent',
      '--spoke-cluster-name=made-up',
      '--workload-source-driver=kube',
      '--workload-source-config=/spoke/hub-kubeconfig/kubeconfig',
      '--agent-id=an-agent',
      '--terminate-on-files=/spoke/hub-kubeconfig/kubeconfig',
    ])
    expect(podOf(deployment)?.volumes?.[0]).toEqual({
      name: 'hub-kubeconfig-secret',
      secret: { secretName: 'hub-kubeconfig-secret' },
    })
    expect(deployment.metadata.labels?.app).toBe('klusterlet-manifestwork-agent')
  })

  it('reads its works over gRPC where the agent is registered so', () => {
    const spec = { registrationConfiguration: { registrationDriver: { authType: 'grpc' } } } as const
    expect(argsOf(workDeployment(klusterlet(spec), CONTEXT, 'c'))).toEqual(
      expect.arrayContaining([
        '--workload-source-driver=grpc',
        '--workload-source-config=/spoke/hub-kubeconfig/config.yaml',
        '--cloudevents-client-id=c-work-agent',
      ]),
    )
    expect(argsOf(registrationDeployment(klusterlet(spec), CONTEXT))).toEqual(
      expect.arrayContaining(['--registration-auth=grpc', '--grpc-config=/spoke/hub-kubeconfig/config.yaml']),
    )
  })
})

describe('the Deployment of both agents in one', () => {
  it('asks its cluster as often as the busier of the two would', () => {
    const deployment = singletonDeployment(
      klusterlet({
        deployOption: { mode: 'Singleton' },
        registrationConfiguration: { kubeAPIQPS: 10, kubeAPIBurst: 60 },
        workConfiguration: { kubeAPIQPS: 20, kubeAPIBurst: 50 },
      }),
      CONTEXT,
    )
    expect(argsOf(deployment)).toEqual(expect.arrayContaining(['--kube-api-qps=20', '--kube-api-burst=60']))
    expect(podOf(deployment)?.serviceAccountName).toBe('k-work-sa')
  })
})
