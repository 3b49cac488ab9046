import {
  bytes,
  enumeration,
  int32,
  int64,
  kind,
  list,
  map,
  named,
  narrowed,
  object,
  required,
  string,
} from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { DNS_LABEL_PATTERN, HOST_NAME_PATTERN } from '../../schema/kubernetes.ts'
import { type NodePlacement, nodePlacement } from '../../schema/node-placement.ts'
import type { Infer } from '../../schema/schema.ts'
import { KLUSTERLETS } from '../v1.ts'
import { EKS_CLUSTER_PATTERN, featureGates, operatorStatus, resourceRequirement } from './shared.ts'

/** Where the agents run, and whether they are one process. */
export type InstallMode = 'Default' | 'Hosted' | 'Singleton' | 'SingletonHosted'

const IPV4_PATTERN =
  '^(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)$'
const DURATION_PATTERN = '^([0-9]+(s|m|h))+$'

const serverUrl = object('An API server of the cluster, as seen from outside.', {
  url: required(string('Its address.')),
  caBundle: bytes('The authorities of its certificate. Absent means those of the system.'),
})
export interface ServerURL extends Infer<typeof serverUrl> {}

const deployOption = object('How the agents are deployed.', {
  mode: narrowed<InstallMode>(string('Default, Hosted, Singleton or SingletonHosted.')),
})
export interface KlusterletDeployOption extends Infer<typeof deployOption> {}

const hubHostAlias = object('Makes a name of the hub known to the agents.', {
  ip: required(string('The address (IPv4).', { pattern: IPV4_PATTERN })),
  hostname: required(string('The name.', { pattern: HOST_NAME_PATTERN })),
})
export interface HubApiServerHostAlias extends Infer<typeof hubHostAlias> {}

const bootstrapKubeConfigs = object('Which hubs the agent may register with.', {
  type: required(
    enumeration('One hub, or those of Secrets in turn.', ['None', 'LocalSecrets'], { default: 'None' }),
  ),
  localSecretsConfig: object('For LocalSecrets.', {
    kubeConfigSecrets: required(
      list(
        'The Secrets, each with the kubeconfig of a hub.',
        object('A Secret.', { name: required(string('Its name.')) }),
      ),
    ),
    hubConnectionTimeoutSeconds: int32('After how long without its hub the agent goes on to the next.', {
      default: 600,
      minimum: 180,
    }),
  }),
})
export interface BootstrapKubeConfigs extends Infer<typeof bootstrapKubeConfigs> {}

const registrationDriver = object('How the agent gets its identity on the hub.', {
  authType: required(enumeration('The way.', ['csr', 'awsirsa', 'grpc'], { default: 'csr' })),
  awsIrsa: object('For awsirsa.', {
    hubClusterArn: required(eksCluster('The hub.')),
    managedClusterArn: required(eksCluster('The managed cluster.')),
  }),
})
export interface RegistrationDriver extends Infer<typeof registrationDriver> {}

const clusterClaims = object('Which ClusterClaims the hub is told.', {
  maxCustomClusterClaims: required(int32('How many besides the reserved ones.', { default: 20 })),
  reservedClusterClaimSuffixes: list(
    'Claims whose names end so do not count.',
    string('The end of a name.', { minLength: 1, maxLength: 64 }),
    { maxItems: 10 },
  ),
})
export interface ClusterClaimConfiguration extends Infer<typeof clusterClaims> {}

const registration = object('Configures the registration agent.', {
  clientCertExpirationSeconds: int32('How long certificates are asked for. Absent means the signer chooses.'),
  featureGates,
  clusterAnnotations: map('Annotations of the ManagedCluster when it is made.', string('The value.')),
  clusterLabels: map('Labels of the ManagedCluster when it is made.', string('The value.')),
  kubeAPIQPS: int32('Requests a second to this cluster.', { default: 50 }),
  kubeAPIBurst: int32('Requests at once to this cluster.', { default: 100 }),
  bootstrapKubeConfigs: named<BootstrapKubeConfigs>(bootstrapKubeConfigs),
  registrationDriver: named<RegistrationDriver>(registrationDriver),
  clusterClaimConfiguration: named<ClusterClaimConfiguration>(clusterClaims),
  addOnKubeClientRegistrationDriver: object('How agents of add-ons get their identities on the hub.', {
    authType: enumeration('The way.', ['csr', 'token']),
    token: object('For token.', { expirationSeconds: int64('How long tokens are asked for.') }),
  }),
})
export interface RegistrationConfiguration extends Infer<typeof registration> {}

const work = object('Configures the work agent.', {
  featureGates,
  kubeAPIQPS: int32('Requests a second to this cluster.', { default: 50 }),
  kubeAPIBurst: int32('Requests at once to this cluster.', { default: 100 }),
  hubKubeAPIQPS: int32('Requests a second to the hub.', { default: 50 }),
  hubKubeAPIBurst: int32('Requests at once to the hub.', { default: 100 }),
  appliedManifestWorkEvictionGracePeriod: string(
    'How long what was applied stays when its ManifestWork is missed.',
    { pattern: DURATION_PATTERN },
  ),
  statusSyncInterval: string('How often the states of applied objects are read.', {
    pattern: DURATION_PATTERN,
  }),
})
export interface WorkAgentConfiguration extends Infer<typeof work> {}

const spec = object('How the agents are to be.', {
  namespace: string('Where the agents are, or, when hosted, would be.', {
    pattern: '^open-cluster-management-[-a-z0-9]*[a-z0-9]$',
    maxLength: 57,
  }),
  registrationImagePullSpec: string('Image of the registration agent.'),
  workImagePullSpec: string('Image of the work agent.'),
  imagePullSpec: string('Image of both agents in one process.'),
  clusterName: string('The name of the cluster on the hub. Absent means that one is made up.', {
    pattern: DNS_LABEL_PATTERN,
    maxLength: 63,
  }),
  externalServerURLs: list('API servers of this cluster that the hub is told.', named<ServerURL>(serverUrl)),
  nodePlacement: named<NodePlacement>(nodePlacement),
  deployOption: named<KlusterletDeployOption>(deployOption),
  registrationConfiguration: named<RegistrationConfiguration>(registration),
  workConfiguration: named<WorkAgentConfiguration>(work),
  hubApiServerHostAlias: named<HubApiServerHostAlias>(hubHostAlias),
  resourceRequirement,
  priorityClassName: string('The PriorityClass of the agents.'),
})
export interface KlusterletSpec extends Infer<typeof spec> {}

export interface KlusterletStatus extends Infer<typeof operatorStatus> {}

const schema = kind('The agents of a managed cluster.', {
  spec: named<KlusterletSpec>(spec),
  status: named<KlusterletStatus>(operatorStatus),
})
/** The agents of a managed cluster. */
export interface Klusterlet extends Infer<typeof schema> {}

export const KLUSTERLET_RESOURCE: CustomResource = {
  resource: KLUSTERLETS,
  kind: 'Klusterlet',
  versions: [{ name: 'v1', schema }],
}

function eksCluster(description: string) {
  return string(description, { pattern: EKS_CLUSTER_PATTERN, minLength: 1 })
}
