import { describe, expect, it } from 'vitest'
import type { Klusterlet } from '../../../src/apis/operator/v1.ts'
import { parseKlusterletAgentConfig } from '../../../src/main/registration-operator/agent-flags.ts'
import { singletonArguments } from '../../../src/operator/klusterlet/agent-arguments.ts'
import { configIo } from '../../support/config-io.ts'

const parse = (...argv: string[]) => parseKlusterletAgentConfig(argv, {}, configIo())

/** With all that has a flag. */
const KLUSTERLET: Klusterlet = {
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'Klusterlet',
  metadata: { name: 'k', uid: 'the-uid' },
  spec: {
    clusterName: 'one',
    deployOption: { mode: 'SingletonHosted' },
    externalServerURLs: [{ url: 'https://one.example' }],
    registrationConfiguration: {
      clientCertExpirationSeconds: 3600,
      kubeAPIQPS: 20,
      kubeAPIBurst: 30,
      featureGates: [{ feature: 'ClusterProperty', mode: 'Enable' }],
      clusterAnnotations: { 'agent.open-cluster-management.io/x': 'y' },
      clusterClaimConfiguration: { maxCustomClusterClaims: 7, reservedClusterClaimSuffixes: ['a', 'b'] },
      addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 700 } },
    },
    workConfiguration: {
      kubeAPIQPS: 40,
      hubKubeAPIQPS: 50,
      hubKubeAPIBurst: 60,
      statusSyncInterval: '20s',
      appliedManifestWorkEvictionGracePeriod: '10m',
      featureGates: [{ feature: 'RawFeedbackJsonString', mode: 'Enable' }],
    },
  },
}

describe('the flags of both agents in one process', () => {
  it('are those that the operator passes', () => {
    const tls = { minVersion: 'VersionTLS13', cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' }
    const [executable, command, ...argv] = singletonArguments(KLUSTERLET, { replicas: 1, labels: {}, tls })
    expect([executable, command]).toEqual(['/registration-operator', 'agent'])
    const config = parse(...argv)
    expect(config).toMatchObject({
      warnings: [],
      spokeKubeconfig: '/spoke/config/kubeconfig',
      terminateOnFiles: ['/spoke/config/kubeconfig'],
      kubeApiQps: 40,
      kubeApiBurst: 30,
      tlsMinVersion: 'VersionTLS13',
    })
    expect(config.agent).toMatchObject({
      clusterName: 'one',
      agentName: 'the-uid',
      keepsAgentName: true,
      bootstrapKubeconfigs: ['/spoke/bootstrap/kubeconfig'],
      externalServerUrls: ['https://one.example'],
      clusterAnnotations: { 'agent.open-cluster-management.io/x': 'y' },
      clientCertExpirationSeconds: 3600,
      maxCustomClusterClaims: 7,
      reservedClusterClaimSuffixes: ['a', 'b'],
      addOnAuth: 'token',
      addOnTokenExpirationSeconds: 700,
      hubQps: 50,
      hubBurst: 60,
      gates: { ClusterProperty: true, MultipleHubs: false },
    })
    expect(config.work).toMatchObject({
      statusSyncIntervalMs: 20_000,
      evictionGracePeriodMs: 600_000,
      reportsRawJson: true,
      cachesExecutorRights: false,
    })
  })

  it.each([
    ['--bootstrap-kubeconfig is required', []],
    ['unrecognized feature gate: Nosuch', ['--bootstrap-kubeconfig=f', '--feature-gates=Nosuch=true']],
    ['the only driver is kube', ['--bootstrap-kubeconfig=f', '--workload-source-driver=grpc']],
    ['--workload-agent-workers', ['--bootstrap-kubeconfig=f', '--workload-agent-workers=0']],
  ])('are refused: %s', (text, argv) => {
    expect(() => parse(...argv)).toThrow(text)
  })
})
