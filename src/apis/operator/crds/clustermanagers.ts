import {
  boolean,
  bytes,
  enumeration,
  int32,
  kind,
  list,
  named,
  object,
  required,
  string,
} from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import { HOST_NAME_PATTERN } from '../../schema/kubernetes.ts'
import { type NodePlacement, nodePlacement } from '../../schema/node-placement.ts'
import type { Infer } from '../../schema/schema.ts'
import { CLUSTER_MANAGERS } from '../v1.ts'
import { EKS_CLUSTER_PATTERN, featureGates, operatorStatus, resourceRequirement } from './shared.ts'

const bindConfiguration = object('What a webhook server listens on.', {
  port: port('For webhooks.', 9443),
  healthProbePort: port('For probes.', 8000),
  metricsPort: port('For metrics.', 8080),
  hostNetwork: boolean("Whether it is in the node's network."),
})
export interface WebhookBindConfiguration extends Infer<typeof bindConfiguration> {}

const webhook = object('A webhook server in the hub.', {
  bindConfiguration: named<WebhookBindConfiguration>(bindConfiguration),
})
export interface WebhookConfiguration extends Infer<typeof webhook> {}

const hostedWebhook = object('A webhook server outside the hub, as seen from its API server.', {
  address: required(string('A name or an address (IPv4).', { pattern: HOST_NAME_PATTERN })),
  port: port('Its port.', 443),
  bindConfiguration: named<WebhookBindConfiguration>(bindConfiguration),
})
export interface HostedWebhookConfiguration extends Infer<typeof hostedWebhook> {}

const deployOption = object(
  'How the hub is deployed.',
  {
    mode: required(
      enumeration('In the cluster that is the hub, or in another.', ['Default', 'Hosted'], {
        default: 'Default',
      }),
    ),
    default: object('For Default.', {
      registrationWebhookConfiguration: named<WebhookConfiguration>(webhook),
      workWebhookConfiguration: named<WebhookConfiguration>(webhook),
      addonWebhookConfiguration: named<WebhookConfiguration>(webhook),
    }),
    hosted: object('For Hosted.', {
      registrationWebhookConfiguration: named<HostedWebhookConfiguration>(hostedWebhook),
      workWebhookConfiguration: named<HostedWebhookConfiguration>(hostedWebhook),
    }),
  },
  { default: { mode: 'Default' } },
)
export interface ClusterManagerDeployOption extends Infer<typeof deployOption> {}

const autoApprovedIdentities = list('Whose clusters are accepted at once.', string('A user of the hub.'))

const awsIrsa = object('For awsirsa.', {
  hubClusterArn: string('The hub.', { pattern: EKS_CLUSTER_PATTERN }),
  autoApprovedIdentities: list('ARNs whose clusters are accepted at once.', string('A pattern.')),
  tags: list('Tags of what is made in AWS.', string('key=value')),
})
export interface AwsIrsaConfig extends Infer<typeof awsIrsa> {}

const registrationDriver = object('A way for agents to get identities.', {
  authType: required(enumeration('Which way.', ['csr', 'awsirsa', 'grpc'], { default: 'csr' })),
  csr: object('For csr.', { autoApprovedIdentities }),
  awsirsa: named<AwsIrsaConfig>(awsIrsa),
  grpc: object('For grpc.', { autoApprovedIdentities }),
})
export interface RegistrationDriverHub extends Infer<typeof registrationDriver> {}

const registration = object('Configures registration.', {
  autoApproveUsers: list('Users whose clusters are accepted at once.', string('A user of the hub.')),
  featureGates,
  registrationDrivers: list(
    'The ways for agents to register.',
    named<RegistrationDriverHub>(registrationDriver),
    {
      mapKeys: ['authType'],
    },
  ),
  importerConfiguration: object('How clusters are imported.', {
    renderers: list('What makes the values of the agents.', string('A renderer.')),
  }),
})
export interface RegistrationHubConfiguration extends Infer<typeof registration> {}

const work = object(
  'Configures work.',
  {
    featureGates,
    workDriver: enumeration('How ManifestWorks get to agents.', ['kube', 'mqtt', 'grpc'], {
      default: 'kube',
    }),
  },
  { default: { workDriver: 'kube' } },
)
export interface WorkConfiguration extends Infer<typeof work> {}

const exposureOfHost = object('A name that was set up for it.', {
  host: required(string('The name.')),
  caBundle: bytes('The authorities of its certificate.'),
})
const exposureOfSomeHost = {
  host: string('The name. Absent means it is found out.'),
  caBundle: bytes('The authorities of its certificate.'),
}
const exposureConfig = object('How an endpoint is exposed.', {
  type: required(enumeration('By what.', ['hostname', 'loadBalancer', 'route'], { default: 'hostname' })),
  hostname: exposureOfHost,
  loadBalancer: object('A Service of this type.', exposureOfSomeHost),
  route: object('A route of OpenShift.', exposureOfSomeHost),
})
export interface EndpointExposureConfig extends Infer<typeof exposureConfig> {}

const exposure = object('An endpoint of the server.', {
  protocol: required(enumeration('What it speaks.', ['grpc', 'https'], { default: 'grpc' })),
  usage: string('What it is for.'),
  grpc: named<EndpointExposureConfig>(exposureConfig),
  https: named<EndpointExposureConfig>(exposureConfig),
})
export interface EndpointExposure extends Infer<typeof exposure> {}

const server = object('Configures the server for agents that come by gRPC.', {
  imagePullSpec: string('Its image.'),
  featureGates,
  endpointsExposure: list('Its endpoints.', named<EndpointExposure>(exposure)),
})
export interface ServerConfiguration extends Infer<typeof server> {}

const spec = object(
  'How the hub is to be.',
  {
    registrationImagePullSpec: image('registration'),
    workImagePullSpec: image('work'),
    placementImagePullSpec: image('placement'),
    addOnManagerImagePullSpec: image('addon-manager'),
    nodePlacement: named<NodePlacement>(nodePlacement),
    deployOption: named<ClusterManagerDeployOption>(deployOption),
    registrationConfiguration: named<RegistrationHubConfiguration>(registration),
    workConfiguration: named<WorkConfiguration>(work),
    addOnManagerConfiguration: object('Configures the add-on manager.', { featureGates }),
    placementConfiguration: object('Configures placement.', { featureGates }),
    serverConfiguration: named<ServerConfiguration>(server),
    resourceRequirement,
  },
  { default: { deployOption: { mode: 'Default' } } },
)
export interface ClusterManagerSpec extends Infer<typeof spec> {}

export interface ClusterManagerStatus extends Infer<typeof operatorStatus> {}

const schema = kind('The hub of a fleet of clusters.', {
  spec: named<ClusterManagerSpec>(spec),
  status: named<ClusterManagerStatus>(operatorStatus),
})
/** The hub of a fleet of clusters. */
export interface ClusterManager extends Infer<typeof schema> {}

export const CLUSTER_MANAGER_RESOURCE: CustomResource = {
  resource: CLUSTER_MANAGERS,
  kind: 'ClusterManager',
  versions: [{ name: 'v1', schema }],
}

function port(description: string, byDefault: number) {
  return int32(description, { default: byDefault, maximum: 65535 })
}

function image(name: string) {
  return string(`Image of ${name}.`, { default: `quay.io/open-cluster-management/${name}` })
}
