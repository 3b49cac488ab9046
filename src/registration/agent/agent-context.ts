import type { Logger } from '../../common/log.ts'
import { type Clock, KubeClient, type ReadAccess } from '../../kube/index.ts'
import type { AgentNames } from './agent-names.ts'
import type { AgentSecrets } from './agent-secrets.ts'
import { credentialsProblem } from './hub-credentials.ts'
import type { HubCluster } from './hub-kubeconfig.ts'
import type { RegistrationAgentOptions } from './options.ts'
import type { Wakeup } from './wakeup.ts'

export interface RegistrationAgentComponents {
  /** Where the agent's Secrets are: the cluster that it runs in. */
  readonly management: KubeClient
  /** The cluster that it registers; often the same. */
  readonly spoke: KubeClient
  readonly log: Logger
  readonly clock: Clock
  /** PEM of the authorities behind the external server URLs. @default none */
  readonly readSpokeCaBundle?: () => Promise<string | undefined>
  /** @default a KubeClient over connections of its own */
  readonly newHubClient?: (readAccess: ReadAccess) => KubeClient
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Starts what else works with a hub, from when the hub lets the agent see its cluster until the registration ends. @default nothing */
  readonly startWork?: (hub: RegisteredHub) => { stop(): Promise<void> }
}

/** A hub that the agent is registered with. */
export interface RegisteredHub extends AgentNames {
  /** With the agent's own credentials. Stopped by the agent. */
  readonly client: KubeClient
  /** Its address, to the letter of the bootstrap kubeconfig. */
  readonly server: string
}

/** What the parts of one agent share while it is at one hub. */
export interface AgentContext {
  readonly components: RegistrationAgentComponents
  readonly options: RegistrationAgentOptions
  readonly names: AgentNames
  readonly secrets: AgentSecrets
  /** Of other credentials, of either kind. */
  readonly changed: Wakeup
  readonly log: Logger
}

/** For a hub; whoever makes it stops it. */
export function newHubClient(
  { components, options, log }: Pick<AgentContext, 'components' | 'options' | 'log'>,
  readAccess: ReadAccess,
): KubeClient {
  const { newHubClient: make, clock } = components
  if (make) return make(readAccess)
  const { hubQps: qps, hubBurst: burst } = options
  return new KubeClient({ readAccess, clock, log }, { qps, burst, accessMaxAgeMs: 0 })
}

/** Why the agent's credentials do not do for that hub, in a few words; undefined if they do. */
export function ownCredentialsProblem(
  { components, secrets, names }: AgentContext,
  hub: HubCluster,
): Promise<string | undefined> {
  return credentialsProblem(secrets.credentials.secret, { hub, ...names }, components.clock.now())
}
