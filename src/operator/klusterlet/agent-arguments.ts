import type { Klusterlet } from '../../apis/operator/v1.ts'
import { formatDuration, parseDuration } from '../../common/duration.ts'
import type { AgentContext } from './agent-context.ts'
import { awsArguments, awsIdentityOf } from './aws-irsa.ts'
import { bootstrapSecretsOf } from './bootstrap-secrets.ts'
import { registrationGateFlags, workGateFlags } from './gates.ts'
import { modeOf } from './names.ts'

/** The ManagedCluster gets no other annotations from its agent. */
const CLUSTER_ANNOTATION_PREFIX = 'agent.open-cluster-management.io'

const SPOKE_KUBECONFIG = [
  '--spoke-kubeconfig=/spoke/config/kubeconfig',
  '--terminate-on-files=/spoke/config/kubeconfig',
]

/** Of the registration agent. */
export function registrationArguments(klusterlet: Klusterlet, context: AgentContext): string[] {
  const { spec } = klusterlet
  const { kubeAPIQPS, kubeAPIBurst } = spec?.registrationConfiguration ?? {}
  return [
    '/registration',
    'agent',
    `--spoke-cluster-name=${spec?.clusterName ?? ''}`,
    ...bootstrapSecretsOf(klusterlet).args,
    ...registrationGateFlags(klusterlet),
    ...externalServerUrls(klusterlet),
    ...(modeOf(klusterlet) === 'Hosted' ? SPOKE_KUBECONFIG : []),
    ...certificateAndAnnotations(klusterlet),
    ...positive('kube-api-qps', kubeAPIQPS),
    ...positive('kube-api-burst', kubeAPIBurst),
    ...claimsAndAddons(klusterlet),
    ...driver(klusterlet),
    ...tlsArguments(context),
  ]
}

/** Of the work agent, which is told a name that the registration agent may have made up. */
export function workArguments(klusterlet: Klusterlet, context: AgentContext, clusterName: string): string[] {
  const { spec, metadata } = klusterlet
  const { kubeAPIQPS, kubeAPIBurst, hubKubeAPIQPS, hubKubeAPIBurst } = spec?.workConfiguration ?? {}
  return [
    '/work',
    'agent',
    `--spoke-cluster-name=${clusterName}`,
    ...workloadSource(klusterlet, `${clusterName}-work-agent`),
    `--agent-id=${metadata.uid ?? ''}`,
    ...workGateFlags(klusterlet),
    ...(modeOf(klusterlet) === 'Hosted' ? SPOKE_KUBECONFIG : []),
    '--terminate-on-files=/spoke/hub-kubeconfig/kubeconfig',
    ...statusSyncInterval(klusterlet, context),
    ...positive('kube-api-qps', kubeAPIQPS),
    ...positive('kube-api-burst', kubeAPIBurst),
    ...positive('hub-kube-api-qps', hubKubeAPIQPS),
    ...positive('hub-kube-api-burst', hubKubeAPIBurst),
    ...evictionGracePeriod(klusterlet),
    ...tlsArguments(context),
  ]
}

/** Of both agents in one process. */
export function singletonArguments(klusterlet: Klusterlet, context: AgentContext): string[] {
  const { spec, metadata } = klusterlet
  const { registrationConfiguration: registration, workConfiguration: work } = spec ?? {}
  const clusterName = spec?.clusterName ?? ''
  return [
    '/registration-operator',
    'agent',
    `--spoke-cluster-name=${clusterName}`,
    ...bootstrapSecretsOf(klusterlet).args,
    `--agent-id=${metadata.uid ?? ''}`,
    ...workloadSource(klusterlet, `${clusterName}-klusterlet-agent`),
    ...workGateFlags(klusterlet),
    ...registrationGateFlags(klusterlet),
    ...externalServerUrls(klusterlet),
    ...statusSyncInterval(klusterlet, context),
    ...certificateAndAnnotations(klusterlet),
    ...(modeOf(klusterlet) === 'SingletonHosted' ? SPOKE_KUBECONFIG : []),
    ...positive('kube-api-qps', Math.max(registration?.kubeAPIQPS ?? 0, work?.kubeAPIQPS ?? 0)),
    ...positive('kube-api-burst', Math.max(registration?.kubeAPIBurst ?? 0, work?.kubeAPIBurst ?? 0)),
    ...positive('hub-kube-api-qps', work?.hubKubeAPIQPS),
    ...positive('hub-kube-api-burst', work?.hubKubeAPIBurst),
    ...claimsAndAddons(klusterlet),
    ...evictionGracePeriod(klusterlet),
    ...driver(klusterlet),
    ...tlsArguments(context),
  ]
}

function externalServerUrls({ spec }: Klusterlet): string[] {
  return given('spoke-external-server-urls', (spec?.externalServerURLs ?? []).map(({ url }) => url).join(','))
}

function certificateAndAnnotations({ spec }: Klusterlet): string[] {
  const { clientCertExpirationSeconds, clusterAnnotations = {} } = spec?.registrationConfiguration ?? {}
  const annotations = Object.entries(clusterAnnotations)
    .filter(([name]) => name.startsWith(CLUSTER_ANNOTATION_PREFIX))
    .map(([name, value]) => `${name}=${value}`)
    .sort()
  return [
    ...positive('client-cert-expiration-seconds', clientCertExpirationSeconds),
    ...given('cluster-annotations', annotations.join(',')),
  ]
}

function claimsAndAddons({ spec }: Klusterlet): string[] {
  const { clusterClaimConfiguration: claims, addOnKubeClientRegistrationDriver: addons } =
    spec?.registrationConfiguration ?? {}
  return [
    ...positive('max-custom-cluster-claims', claims?.maxCustomClusterClaims),
    ...given('reserved-cluster-claim-suffixes', claims?.reservedClusterClaimSuffixes?.join(',')),
    ...given('addon-kubeclient-registration-auth', addons?.authType),
    ...positive('addon-token-expiration-seconds', addons?.token?.expirationSeconds),
  ]
}

function workloadSource(klusterlet: Klusterlet, clientId: string): string[] {
  if (!isGrpc(klusterlet))
    return ['--workload-source-driver=kube', '--workload-source-config=/spoke/hub-kubeconfig/kubeconfig']
  return [
    '--workload-source-driver=grpc',
    '--workload-source-config=/spoke/hub-kubeconfig/config.yaml',
    `--cloudevents-client-id=${clientId}`,
  ]
}

/** How the agent gets its identity on the hub, where that is not by a CSR over the kubeconfig. */
function driver(klusterlet: Klusterlet): string[] {
  const aws = awsIdentityOf(klusterlet)
  if (aws) return awsArguments(aws)
  if (!isGrpc(klusterlet)) return []
  return [
    '--registration-auth=grpc',
    '--grpc-bootstrap-config=/spoke/bootstrap/config.yaml',
    '--grpc-config=/spoke/hub-kubeconfig/config.yaml',
  ]
}

function isGrpc({ spec }: Klusterlet): boolean {
  return spec?.registrationConfiguration?.registrationDriver?.authType === 'grpc'
}

/** A small cluster's agent looks after what it has applied less often, unless somebody says how often. */
function statusSyncInterval({ spec }: Klusterlet, { replicas }: AgentContext): string[] {
  const interval = spec?.workConfiguration?.statusSyncInterval
  return given('status-sync-interval', interval ? goDuration(interval) : replicas === 1 ? '60s' : undefined)
}

function evictionGracePeriod({ spec }: Klusterlet): string[] {
  const period = spec?.workConfiguration?.appliedManifestWorkEvictionGracePeriod
  return given('appliedmanifestwork-eviction-grace-period', period && goDuration(period))
}

function tlsArguments({ tls }: AgentContext): string[] {
  return [...given('tls-min-version', tls?.minVersion), ...given('tls-cipher-suites', tls?.cipherSuites)]
}

function goDuration(text: string): string {
  return formatDuration(parseDuration(text))
}

function given(flag: string, value: string | undefined): string[] {
  return value ? [`--${flag}=${value}`] : []
}

function positive(flag: string, value: number | undefined): string[] {
  return value !== undefined && value > 0 ? [`--${flag}=${value}`] : []
}
