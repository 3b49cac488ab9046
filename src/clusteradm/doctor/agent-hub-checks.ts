import { X509Certificate } from 'node:crypto'
import {
  AVAILABLE_CONDITION,
  CLOCK_SYNCED_CONDITION,
  MANAGED_CLUSTER_LEASE_NAME,
} from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Lease } from '../../apis/coordination/v1.ts'
import type { Secret } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { LEASES, SECRETS } from '../../apis/resources.ts'
import { errorMessage } from '../../common/errors.ts'
import {
  findCondition,
  isForbidden,
  isNotFound,
  isUnauthorized,
  type KubeClient,
  readKubeconfigText,
} from '../../kube/client.ts'
import { connectionTrouble } from '../failure.ts'
import { agentDeploymentsOf, agentNamespaceOf } from '../names.ts'
import type { Session } from '../session.ts'
import { lookWithBootstrap } from './bootstrap-hub.ts'
import { type Check, type Finding, ok, SET_CLOCKS, wrong } from './check.ts'
import { clockOffText, type LastRenewal, lastRenewalOf } from './last-renewal.ts'

export const HUB_KUBECONFIG_SECRET = 'hub-kubeconfig-secret'

/** What is in the agent's own credentials. */
interface Identity {
  readonly clusterName: string
  readonly certificate?: X509Certificate
  readonly hub: KubeClient
  /** How to see what its agent says. */
  readonly logs: string
}

/** From the agent's own credentials to its lease on the hub, seen with its eyes. */
export function agentHubChecks(session: Session, found: () => Promise<Klusterlet>): readonly Check[] {
  let identity: Identity | undefined
  const known = () => {
    if (!identity) throw new Error('the identity of the agent was not looked at')
    return identity
  }
  return [
    {
      id: 'hub-kubeconfig',
      look: async () => {
        const klusterlet = await found()
        const where = agentNamespaceOf(klusterlet)
        const secret = await session.cluster
          .resource<Secret>(SECRETS)
          .find({ namespace: where, name: HUB_KUBECONFIG_SECRET }, { signal: session.signal })
        if (!secret?.data?.kubeconfig) {
          const seen = await lookWithBootstrap(session, klusterlet)
          if (seen) return seen
          return wrong(
            `the Secret ${where}/${HUB_KUBECONFIG_SECRET} has no kubeconfig: the hub has not given the agent an identity yet`,
            `accept the cluster on the hub: clusteradm accept --clusters ${klusterlet.spec?.clusterName ?? '<cluster_name>'}`,
          )
        }
        identity = identityOf(session, klusterlet, secret)
        return lookAtCertificate(identity, session.cluster.clock.now())
      },
    },
    { id: 'hub', look: () => lookAtHub(known(), session) },
    { id: 'lease', look: () => lookAtLease(known(), session) },
  ]
}

function identityOf(session: Session, klusterlet: Klusterlet, secret: Secret): Identity {
  const field = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString()
  const [cert, key] = [field('tls.crt'), field('tls.key')]
  const source = `Secret ${secret.metadata.namespace}/${secret.metadata.name}`
  const hub = session.clientFor(async () => {
    // The files that the agent's kubeconfig names are keys of the Secret, and not there for us.
    const text = field('kubeconfig')
      .replace(/client-certificate:.*/, `client-certificate-data: ${Buffer.from(cert).toString('base64')}`)
      .replace(/client-key:.*/, `client-key-data: ${Buffer.from(key).toString('base64')}`)
    return readKubeconfigText(text, { dir: '', source })
  })
  return {
    clusterName: field('cluster-name'),
    ...(cert !== '' && { certificate: new X509Certificate(cert) }),
    hub,
    logs: `see kubectl -n ${agentNamespaceOf(klusterlet)} logs deployment/${agentDeploymentsOf(klusterlet)[0]}`,
  }
}

function lookAtCertificate({ clusterName, certificate }: Identity, nowMs: number): Finding {
  if (!certificate) return ok(`the agent of ${clusterName} has an identity`)
  const until = certificate.validToDate
  if (until.getTime() < nowMs) {
    return wrong(
      `the certificate of the agent has expired at ${until.toISOString()}`,
      'unjoin the cluster, and have it join anew',
    )
  }
  return ok(`the certificate of the agent of ${clusterName} is valid until ${until.toISOString()}`)
}

async function lookAtHub(identity: Identity, { cluster, signal }: Session): Promise<Finding> {
  const { hub, clusterName, logs } = identity
  try {
    const managed = await hub
      .resource<ManagedCluster>(MANAGED_CLUSTERS)
      .get({ name: clusterName }, { signal })
    const available = findCondition(managed.status?.conditions, AVAILABLE_CONDITION)
    if (!managed.spec?.hubAcceptsClient) {
      return wrong(
        `the hub does not accept ${clusterName}`,
        `on the hub: clusteradm accept --clusters ${clusterName}`,
      )
    }
    const clock = findCondition(managed.status?.conditions, CLOCK_SYNCED_CONDITION)
    const renewal = lastRenewalOf(await leaseOf(identity, signal), managed, cluster.clock.now())
    // The hub knows better than this machine, whose own clock may be wrong.
    if (renewal?.isOver && available?.status !== 'True') return silent(identity, renewal)
    if (clock?.status === 'False') {
      return wrong(`${clock.reason}: the clocks of hub and agent differ${clockOffText(renewal)}`, SET_CLOCKS)
    }
    if (available && available.status !== 'True') {
      return wrong(
        `the hub takes ${clusterName} for unavailable: ${available.reason}: ${available.message}`,
        logs,
      )
    }
    return ok(`the hub knows ${clusterName}, and accepts it`)
  } catch (error) {
    signal.throwIfAborted()
    if (isNotFound(error))
      return wrong(
        `the hub has no ManagedCluster ${clusterName}`,
        'unjoin the cluster, and have it join anew',
      )
    if (isUnauthorized(error) || isForbidden(error)) {
      return wrong(
        `the hub does not take the identity of the agent: ${errorMessage(error)}`,
        `on the hub: clusteradm accept --clusters ${clusterName}`,
      )
    }
    const trouble = connectionTrouble(error) ?? errorMessage(error)
    return wrong(
      `the hub cannot be reached from this machine: ${trouble}`,
      'see whether the address in the kubeconfig of the agent can be reached; this machine may see another network than the agent',
    )
  }
}

async function lookAtLease(identity: Identity, { cluster, signal }: Session): Promise<Finding> {
  const { clusterName, hub, logs } = identity
  const managed = await hub.resource<ManagedCluster>(MANAGED_CLUSTERS).get({ name: clusterName }, { signal })
  const renewal = lastRenewalOf(await leaseOf(identity, signal), managed, cluster.clock.now())
  if (!renewal)
    return wrong(`there is no lease ${clusterName}/${MANAGED_CLUSTER_LEASE_NAME} on the hub`, logs)
  return renewal.isOver
    ? silent(identity, renewal)
    : ok(`the lease on the hub was renewed ${renewal.secondsAgo} s ago`)
}

function leaseOf({ hub, clusterName }: Identity, signal: AbortSignal): Promise<Lease | undefined> {
  const key = { namespace: clusterName, name: MANAGED_CLUSTER_LEASE_NAME }
  return hub.resource<Lease>(LEASES).find(key, { signal })
}

/** The agent runs, as was looked at before, and does not get through. */
function silent({ logs }: Identity, { secondsAgo }: LastRenewal): Finding {
  return wrong(
    `the agent runs, but cannot reach the hub, or hangs: the lease on the hub was renewed ${secondsAgo} s ago`,
    logs,
  )
}
