import { SPOKE_REGISTRATION_GATES } from '../../apis/feature-gates.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import { ConfigError } from '../../common/errors.ts'
import { featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import {
  aliasFlag,
  arrayFlag,
  type CommandSpec,
  durationFlag,
  floatFlag,
  ignoredFlag,
  intFlag,
  listFlag,
  stringFlag,
} from '../../common/flags.ts'
import { DEFAULT_AGENT_OPTIONS, type RegistrationAgentOptions } from './options.ts'

const SHORTEST_CERTIFICATE_SECONDS = 3600
const SHORTEST_TOKEN_SECONDS = 600

const file = { placeholder: 'FILE' }

const CLUSTER_FLAGS = {
  'spoke-cluster-name': stringFlag('', 'Name of the managed cluster on the hub.', {
    defaultText: 'that from before, or a random one',
  }),
  'cluster-name': aliasFlag('spoke-cluster-name', 'use --spoke-cluster-name'),
  'agent-id': stringFlag('', 'Name of the agent, in the user that it is on the hub.', {
    defaultText: 'that from before, or a random one',
  }),
  'spoke-kubeconfig': stringFlag('', 'The managed cluster, if the agent runs in another.', file),
  'spoke-external-server-urls': arrayFlag([], "An https URL by which the hub reaches the cluster's API."),
  'cluster-healthcheck-period': durationFlag(60_000, "How often to ask the cluster's API server how it is."),
  'max-custom-cluster-claims': intFlag(20, 'ClusterClaims that the hub is told of, beside reserved ones.'),
  'reserved-cluster-claim-suffixes': listFlag([], 'Ends of names of ClusterClaims that always count.'),
  'cluster-annotations': listFlag(
    [],
    'Annotations for the ManagedCluster when it is made; names begin with agent.open-cluster-management.io.',
    { placeholder: 'NAME=VALUE,...' },
  ),
} as const

const HUB_FLAGS = {
  'bootstrap-kubeconfig': stringFlag('', 'Kubeconfig with credentials to ask the hub for better ones.', file),
  'bootstrap-kubeconfig-secret': stringFlag(
    DEFAULT_AGENT_OPTIONS.bootstrapSecret,
    'The Secret that this kubeconfig is from.',
  ),
  'bootstrap-kubeconfigs': arrayFlag([], 'Of several hubs, with the gate MultipleHubs.', file),
  'hub-connection-timeout-seconds': intFlag(600, 'Of several hubs, when to try another.'),
  'hub-kubeconfig-secret': stringFlag(
    DEFAULT_AGENT_OPTIONS.hubSecret,
    "The Secret that the agent keeps its own hub's kubeconfig in.",
  ),
  'hub-kubeconfig-dir': stringFlag('/spoke/hub-kubeconfig', 'Where the files of that Secret are written.', {
    placeholder: 'DIR',
    inPod: true,
  }),
  'hub-kubeconfig': ignoredFlag(stringFlag('', 'Not used.', file)),
  'hub-kube-api-qps': floatFlag(50, "Requests per second to the hub's API, in the long run."),
  'hub-kube-api-burst': intFlag(100, "Requests at once to the hub's API, after a time of rest."),
} as const

const otherDriver = () =>
  ignoredFlag(stringFlag('', 'Accepted for compatibility, without effect: of another way to register.'))

const IDENTITY_FLAGS = {
  'registration-auth': stringFlag('', 'How the agent shows the hub who it is: csr.', { defaultText: 'csr' }),
  'client-cert-expiration-seconds': intFlag(
    0,
    "How long client certificates are to be valid: at least 3600, or 0 for the hub's own choice.",
  ),
  'addon-kubeclient-registration-auth': stringFlag(
    'csr',
    'How add-ons show the hub who they are: csr or token.',
  ),
  'addon-token-expiration-seconds': intFlag(
    DEFAULT_AGENT_OPTIONS.addOnTokenExpirationSeconds,
    'How long tokens of add-ons are to be valid: at least 600.',
  ),
  'hub-cluster-arn': otherDriver(),
  'managed-cluster-arn': otherDriver(),
  'managed-cluster-role-suffix': otherDriver(),
  'grpc-bootstrap-config': otherDriver(),
  'grpc-config': otherDriver(),
} as const

/** All but `--feature-gates` and those that every controller takes. */
export const REGISTRATION_FLAG_GROUPS = {
  cluster: { title: 'Managed cluster', flags: CLUSTER_FLAGS },
  hub: { title: 'Hub', flags: HUB_FLAGS },
  identities: { title: 'Identities', flags: IDENTITY_FLAGS },
} as const

/** What REGISTRATION_FLAG_GROUPS and the controllers' flags are read as. */
export type RegistrationFlagValues = ControllerConfig<
  typeof CLUSTER_FLAGS & typeof HUB_FLAGS & typeof IDENTITY_FLAGS
>

const GATES_FLAG = { 'feature-gates': featureGatesFlag(SPOKE_REGISTRATION_GATES) } as const

type Flags = typeof CONTROLLER_FLAGS &
  typeof CLUSTER_FLAGS &
  typeof HUB_FLAGS &
  typeof IDENTITY_FLAGS &
  typeof GATES_FLAG

export const REGISTRATION_AGENT_SPEC: CommandSpec = {
  name: 'registration agent',
  description:
    'Registers a cluster with a hub, and keeps it registered: its certificate, its Lease, what the hub knows of it, and the identities of its add-ons.',
  groups: [
    REGISTRATION_FLAG_GROUPS.cluster,
    REGISTRATION_FLAG_GROUPS.hub,
    { title: 'Identities', flags: { ...IDENTITY_FLAGS, ...GATES_FLAG } },
    ...CONTROLLER_GROUPS,
  ],
}

/** All but the namespace, which may be the Pod's. */
export type RegistrationAgentSettings = Omit<RegistrationAgentOptions, 'namespace'>

export interface RegistrationAgentConfig extends RegistrationFlagValues {
  readonly agent: RegistrationAgentSettings
}

/** Throws a ConfigError that names the flag. */
export function parseRegistrationAgentConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): RegistrationAgentConfig {
  const config = parseControllerConfig<Flags>(REGISTRATION_AGENT_SPEC, argv, env, io)
  const gates = parseFeatureGates(SPOKE_REGISTRATION_GATES, config.featureGates)
  return { ...config, agent: registrationAgentSettings(config, gates) }
}

/** Throws a ConfigError that names the flag. */
export function registrationAgentSettings(
  config: RegistrationFlagValues,
  gates: RegistrationAgentOptions['gates'],
): RegistrationAgentSettings {
  const seconds = config.clientCertExpirationSeconds
  verify(config, gates.MultipleHubs)
  return {
    clusterName: config.spokeClusterName,
    agentName: config.agentId,
    bootstrapKubeconfigs: gates.MultipleHubs ? config.bootstrapKubeconfigs : [config.bootstrapKubeconfig],
    bootstrapSecret: config.bootstrapKubeconfigSecret,
    hubSecret: config.hubKubeconfigSecret,
    hubKubeconfigDir: config.hubKubeconfigDir,
    hubConnectionTimeoutMs: config.hubConnectionTimeoutSeconds * 1000,
    externalServerUrls: config.spokeExternalServerUrls,
    healthCheckPeriodMs: config.clusterHealthcheckPeriodMs,
    maxCustomClusterClaims: config.maxCustomClusterClaims,
    reservedClusterClaimSuffixes: config.reservedClusterClaimSuffixes,
    clusterAnnotations: annotationsOf(config.clusterAnnotations),
    ...(seconds && { clientCertExpirationSeconds: seconds }),
    addOnAuth: config.addonKubeclientRegistrationAuth === 'token' ? 'token' : 'csr',
    addOnTokenExpirationSeconds: config.addonTokenExpirationSeconds,
    hubQps: config.hubKubeApiQps,
    hubBurst: config.hubKubeApiBurst,
    gates,
  }
}

function verify(config: RegistrationFlagValues, hasSeveralHubs: boolean): void {
  const seconds = config.clientCertExpirationSeconds
  if (hasSeveralHubs && config.bootstrapKubeconfigs.length < 2)
    throw new ConfigError('--bootstrap-kubeconfigs: at least two are needed with the gate MultipleHubs')
  if (!hasSeveralHubs && config.bootstrapKubeconfig === '')
    throw new ConfigError('--bootstrap-kubeconfig is required')
  for (const url of config.spokeExternalServerUrls) {
    if (URL.parse(url)?.protocol !== 'https:')
      throw new ConfigError(`--spoke-external-server-urls: ${JSON.stringify(url)} is no https URL`)
  }
  if (config.clusterHealthcheckPeriodMs <= 0)
    throw new ConfigError('--cluster-healthcheck-period must be more than zero')
  if (seconds !== 0 && seconds < SHORTEST_CERTIFICATE_SECONDS)
    throw new ConfigError(
      `--client-cert-expiration-seconds must be 0, or at least ${SHORTEST_CERTIFICATE_SECONDS}`,
    )
  if (config.addonTokenExpirationSeconds < SHORTEST_TOKEN_SECONDS)
    throw new ConfigError(`--addon-token-expiration-seconds must be at least ${SHORTEST_TOKEN_SECONDS}`)
  if (!['', 'csr', 'token'].includes(config.addonKubeclientRegistrationAuth))
    throw new ConfigError('--addon-kubeclient-registration-auth must be csr or token')
  if (!['', 'csr'].includes(config.registrationAuth))
    throw new ConfigError(
      `--registration-auth=${config.registrationAuth} is not supported: csr is, which all hubs take`,
    )
}

function annotationsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new ConfigError(`--cluster-annotations: ${JSON.stringify(pair)} is no NAME=VALUE`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
