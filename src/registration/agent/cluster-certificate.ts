import { ADD_ON_NAME_LABEL } from '../../apis/addon/constants.ts'
import { CLUSTER_NAME_LABEL } from '../../apis/cluster/constants.ts'
import {
  clusterRequestLabels,
  clusterRequestPrefix,
  clusterSubject,
  KUBE_CLIENT_SIGNER_NAME,
} from '../cluster-identity.ts'
import type { CertificateKeeperOptions } from './certificate-keeper.ts'
import type { WantedIdentity } from './hub-credentials.ts'
import {
  AGENT_NAME_KEY,
  CERTIFICATE_USER,
  CLUSTER_NAME_KEY,
  hubKubeconfig,
  KUBECONFIG_KEY,
} from './hub-kubeconfig.ts'
import type { RegistrationAgentOptions } from './options.ts'

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
