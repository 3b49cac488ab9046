import { ADD_ON_NAME_LABEL } from '../../apis/addon/constants.ts'
import { CLUSTER_NAME_LABEL } from '../../apis/cluster/constants.ts'
import type { KubeClient, NewCondition } from '../../kube/index.ts'
import {
  clusterRequestLabels,
  clusterRequestPrefix,
  clusterSubject,
  KUBE_CLIENT_SIGNER_NAME,
} from '../cluster-identity.ts'
import type { AgentContext } from './agent-context.ts'
import { CertificateKeeper, type CertificateKeeperOptions } from './certificate-keeper.ts'
import type { WantedIdentity } from './hub-credentials.ts'
import {
  AGENT_NAME_KEY,
  CERTIFICATE_USER,
  CLUSTER_NAME_KEY,
  type HubCluster,
  hubKubeconfig,
  KUBECONFIG_KEY,
} from './hub-kubeconfig.ts'
import type { RegistrationAgentOptions } from './options.ts'

interface ClusterCertificateParts {
  readonly hub: KubeClient
  /** The same hub. */
  readonly hubCluster: HubCluster
  readonly mustRenew: boolean
  report(condition: NewCondition): Promise<void>
  onForbidden?(): void
}

/** Sees to it that the agent has such a certificate, and that what it gets is taken over at once. */
export function clusterCertificateKeeper(
  { components, options, names, secrets, log }: AgentContext,
  { hub, hubCluster, mustRenew, report, onForbidden }: ClusterCertificateParts,
): CertificateKeeper {
  const { management, clock, random } = components
  return new CertificateKeeper(
    {
      hub,
      secrets: management,
      clock,
      log,
      report,
      onIssued: (secret) => secrets.takeOver(secret),
      ...(onForbidden && { onForbidden }),
      ...(random && { random }),
    },
    { ...clusterCertificate({ hub: hubCluster, ...names }, options), mustRenew },
  )
}

/** The certificate by which an agent is its cluster on a hub, and the Secret in which it is kept with a kubeconfig. */
export function clusterCertificate(
  { hub, clusterName, agentName }: WantedIdentity,
  options: Pick<RegistrationAgentOptions, 'namespace' | 'hubSecret' | 'clientCertExpirationSeconds'>,
): CertificateKeeperOptions {
  const { namespace, hubSecret, clientCertExpirationSeconds: expirationSeconds } = options
  return {
    secret: { namespace, name: hubSecret },
    namePrefix: clusterRequestPrefix(clusterName),
    labels: clusterRequestLabels(clusterName),
    subject: clusterSubject(clusterName, agentName),
    signerName: KUBE_CLIENT_SIGNER_NAME,
    ...(expirationSeconds && { expirationSeconds }),
    isOwn: ({ metadata: { labels = {} } }) =>
      labels[CLUSTER_NAME_LABEL] === clusterName && !Object.hasOwn(labels, ADD_ON_NAME_LABEL),
    companions: {
      [KUBECONFIG_KEY]: hubKubeconfig(hub, CERTIFICATE_USER),
      [CLUSTER_NAME_KEY]: clusterName,
      [AGENT_NAME_KEY]: agentName,
    },
    cure: `on the hub: clusteradm accept --clusters ${clusterName}`,
  }
}
