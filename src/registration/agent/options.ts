import { SPOKE_REGISTRATION_GATES } from '../../apis/feature-gates.ts'
import type { FeatureGates } from '../../common/feature-gates.ts'

/** What an agent is told. */
export interface RegistrationAgentOptions {
  /** Empty: that of its Secret, or else a random UUID. */
  readonly clusterName: string
  /** Empty: that of its Secret, or else five random characters. */
  readonly agentName: string
  /** Whether the name in its Secret counts more than `agentName`, where it is of the same cluster. @default false */
  readonly keepsAgentName?: boolean
  /** Where its Secrets are in the management cluster. */
  readonly namespace: string
  /** Files. With the gate MultipleHubs at least two, else one. */
  readonly bootstrapKubeconfigs: readonly string[]
  /** The Secret that the bootstrap kubeconfig is from: it counts more than the file, which may be old. @default bootstrap-hub-kubeconfig */
  readonly bootstrapSecret: string
  /** The Secret that the agent keeps its own kubeconfig in. @default hub-kubeconfig-secret */
  readonly hubSecret: string
  /** Where other processes find the files of that Secret. Absent: nowhere. */
  readonly hubKubeconfigDir?: string
  /** With several hubs: how long the Lease may go without renewal. @default 600_000 */
  readonly hubConnectionTimeoutMs: number
  /** Under which addresses the hub reaches the managed cluster's API. */
  readonly externalServerUrls: readonly string[]
  /** How often the managed cluster's API server is asked how it is. @default 60_000 */
  readonly healthCheckPeriodMs: number
  /** Claims beside the reserved ones. @default 20 */
  readonly maxCustomClusterClaims: number
  readonly reservedClusterClaimSuffixes: readonly string[]
  /** For the ManagedCluster when it is made; only those of the agent's own prefix. */
  readonly clusterAnnotations: Readonly<Record<string, string>>
  /** @default the signer's */
  readonly clientCertExpirationSeconds?: number
  /** How add-ons show the hub's API who they are. @default csr */
  readonly addOnAuth: 'csr' | 'token'
  /** @default a year */
  readonly addOnTokenExpirationSeconds: number
  /** Requests to the hub in a second in the long run, and at once. @default 50, 100 */
  readonly hubQps: number
  readonly hubBurst: number
  readonly gates: FeatureGates<typeof SPOKE_REGISTRATION_GATES>
}

export const DEFAULT_AGENT_OPTIONS: RegistrationAgentOptions = {
  clusterName: '',
  agentName: '',
  namespace: 'open-cluster-management-agent',
  bootstrapKubeconfigs: [],
  bootstrapSecret: 'bootstrap-hub-kubeconfig',
  hubSecret: 'hub-kubeconfig-secret',
  hubConnectionTimeoutMs: 600_000,
  externalServerUrls: [],
  healthCheckPeriodMs: 60_000,
  maxCustomClusterClaims: 20,
  reservedClusterClaimSuffixes: [],
  clusterAnnotations: {},
  addOnAuth: 'csr',
  addOnTokenExpirationSeconds: 31_536_000,
  hubQps: 50,
  hubBurst: 100,
  gates: SPOKE_REGISTRATION_GATES,
}
