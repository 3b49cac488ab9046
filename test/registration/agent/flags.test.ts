import { describe, expect, it } from 'vitest'
import { parseRegistrationAgentConfig } from '../../../src/registration/agent/index.ts'
import { configIo } from '../../support/config-io.ts'

const BOOTSTRAP = '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig'
const parse = (...argv: string[]) => parseRegistrationAgentConfig(argv, {}, configIo()).agent

describe("the agent's flags", () => {
  it('are those that the operator passes', () => {
    const agent = parse(
      '--spoke-cluster-name=one',
      BOOTSTRAP,
      '--agent-id=a',
      '--feature-gates=AddonManagement=true',
      '--feature-gates=ClusterProperty=true',
      '--spoke-external-server-urls=https://one.example',
      '--cluster-annotations=agent.open-cluster-management.io/x=a=b',
      '--client-cert-expiration-seconds=3600',
      '--addon-kubeclient-registration-auth=token',
      '--kube-api-qps=50',
      '--hub-kube-api-burst=10',
      '--reserved-cluster-claim-suffixes=a,b',
    )
    expect(agent).toMatchObject({
      clusterName: 'one',
      agentName: 'a',
      bootstrapKubeconfigs: ['/spoke/bootstrap/kubeconfig'],
      externalServerUrls: ['https://one.example'],
      clusterAnnotations: { 'agent.open-cluster-management.io/x': 'a=b' },
      clientCertExpirationSeconds: 3600,
      addOnAuth: 'token',
      hubBurst: 10,
      reservedClusterClaimSuffixes: ['a', 'b'],
      gates: { ClusterProperty: true, ClusterClaim: true, MultipleHubs: false },
    })
  })

  it.each([
    ['--bootstrap-kubeconfig is required', []],
    ['no https URL', [BOOTSTRAP, '--spoke-external-server-urls=http://one.example']],
    ['at least 3600', [BOOTSTRAP, '--client-cert-expiration-seconds=60']],
    ['at least 600', [BOOTSTRAP, '--addon-token-expiration-seconds=60']],
    ['csr or token', [BOOTSTRAP, '--addon-kubeclient-registration-auth=magic']],
    [
      'awsirsa is not supported',
      [
        BOOTSTRAP,
        '--registration-auth=awsirsa',
        '--hub-cluster-arn=a',
        '--managed-cluster-arn=b',
        '--managed-cluster-role-suffix=c',
      ],
    ],
    [
      'grpc is not supported',
      [BOOTSTRAP, '--registration-auth=grpc', '--grpc-bootstrap-config=a', '--grpc-config=b'],
    ],
    ['at least two', ['--feature-gates=MultipleHubs=true', '--bootstrap-kubeconfigs=a']],
    ['more than zero', [BOOTSTRAP, '--cluster-healthcheck-period=0s']],
  ])('are refused where %s', (message, argv) => {
    expect(() => parse(...argv)).toThrow(message)
  })
})
