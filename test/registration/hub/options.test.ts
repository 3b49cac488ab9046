import { describe, expect, it } from 'vitest'
import { systemConfigIo } from '../../../src/common/config-io.ts'
import { parseHubConfig } from '../../../src/registration/hub/options.ts'
import { parseRegistrationWebhookConfig } from '../../../src/registration/webhook/options.ts'

const hub = (...argv: string[]) => parseHubConfig(argv, {}, systemConfigIo)

describe('the flags of the hub controller', () => {
  it('are those that the operator passes', () => {
    const config = hub(
      '--feature-gates=ManagedClusterAutoApproval=true,DefaultClusterSet=false',
      '--feature-gates=ClusterProfile=true',
      '--kubeconfig=/var/run/secrets/hub/kubeconfig',
      '--enabled-registration-drivers=csr',
      '--auto-approved-csr-users=a,b',
      '--labels=team=blue,env=test',
      '--agent-image=x',
      '--bootstrap-serviceaccount=ns/sa',
      '--image-pull-secret-name=s',
      '--grpc-ca-file=/f',
      '--grpc-key-file=/k',
      '--tls-min-version=VersionTLS13',
    )
    expect(config.hub).toEqual({
      gates: {
        DefaultClusterSet: false,
        ResourceCleanup: true,
        V1beta1CSRAPICompatibility: false,
        ManagedClusterAutoApproval: true,
        ClusterProfile: true,
        ClusterImporter: false,
      },
      autoApprovedUsers: ['a', 'b'],
      labels: { team: 'blue', env: 'test' },
      cleanupResources: [
        'addon.open-cluster-management.io/v1beta1/managedclusteraddons',
        'work.open-cluster-management.io/v1/manifestworks',
      ],
    })
    expect(config.warnings).toEqual([])
  })

  it('take the older name of the approved users where the newer is not given', () => {
    expect(hub('--cluster-auto-approval-users=a').hub.autoApprovedUsers).toEqual(['a'])
    expect(
      hub('--cluster-auto-approval-users=a', '--auto-approved-csr-users=b').hub.autoApprovedUsers,
    ).toEqual(['b'])
  })

  it('say which ways to register there are not', () => {
    expect(hub('--enabled-registration-drivers=csr,awsirsa').warnings).toEqual([
      expect.stringContaining('awsirsa is not available'),
    ])
  })

  it.each([
    ['--feature-gates=Nonsense=true', /unrecognized feature gate: Nonsense/],
    ['--gc-resource-list=works', /--gc-resource-list: "works"/],
    ['--labels=nonsense', /--labels: invalid label format: nonsense/],
  ])('say what is wrong with %s', (flag, message) => {
    expect(() => hub(flag)).toThrow(message)
  })
})

describe('the flags of the registration webhook server', () => {
  const webhook = (...argv: string[]) => parseRegistrationWebhookConfig(argv, {}, systemConfigIo)

  it('are those that the operator passes', () => {
    const config = webhook(
      '--port=9443',
      '--health-probe-port=8000',
      '--metrics-port=0',
      '--feature-gates=DefaultClusterSet=false',
      '--tls-min-version=VersionTLS12',
      '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    )
    expect(config).toMatchObject({ port: 9443, healthProbePort: 8000, metricsPort: 0, logLevel: 'info' })
    expect(config.gates.DefaultClusterSet).toBe(false)
  })

  it.each([
    ['--port=0', /--port must be between 1 and 65535/],
    ['--tls-min-version=1.2', /unsupported TLS version.*--tls-min-version/],
    ['--tls-cipher-suites=RC4', /RC4 not supported.*--tls-cipher-suites/],
  ])('say what is wrong with %s', (flag, message) => {
    expect(() => webhook(flag)).toThrow(message)
  })
})
