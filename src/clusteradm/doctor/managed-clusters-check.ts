import type { CertificateSigningRequest } from '../../apis/certificates/v1.ts'
import {
  AVAILABLE_CONDITION,
  CLOCK_SYNCED_CONDITION,
  CLUSTER_NAME_LABEL,
  JOINED_CONDITION,
  MANAGED_CLUSTER_LEASE_NAME,
} from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Lease } from '../../apis/coordination/v1.ts'
import { CERTIFICATE_SIGNING_REQUESTS, LEASES } from '../../apis/resources.ts'
import { findCondition, isConditionTrue } from '../../kube/client.ts'
import { isFromBootstrap, stateOf } from '../accept/csr-requesters.ts'
import { sorted } from '../output/print-list.ts'
import type { Session } from '../session.ts'
import { type Check, type Finding, ok, SET_CLOCKS, wrong } from './check.ts'
import { clockOffText, type LastRenewal, lastRenewalOf } from './last-renewal.ts'

const LOOK_THERE = 'run "clusteradm doctor klusterlet" with the context of the managed cluster'

/** Whether every cluster is accepted, has joined, and is alive; the first that is not is told of. */
export function managedClustersCheck(session: Session): Check {
  const { cluster, signal } = session
  return {
    id: 'managed-clusters',
    look: async () => {
      const { items } = await cluster.resource<ManagedCluster>(MANAGED_CLUSTERS).listAll({ signal })
      for (const managed of sorted(items)) {
        const finding = await lookAtCluster(session, managed)
        if (finding) return finding
      }
      return ok(
        items.length === 0
          ? 'no cluster has joined yet'
          : `all ${items.length} managed clusters are available`,
      )
    },
  }
}

/** Undefined when it is well. */
async function lookAtCluster(session: Session, managed: ManagedCluster): Promise<Finding | undefined> {
  const { metadata, spec, status } = managed
  const { name = '' } = metadata
  const accept = `run "clusteradm accept --clusters ${name}"`
  if (!spec?.hubAcceptsClient) return wrong(`cluster ${name} is not accepted`, accept)
  if (!isConditionTrue(status?.conditions, JOINED_CONDITION)) {
    const isPending = await hasPendingRequest(session, name)
    return isPending
      ? wrong(`cluster ${name} waits for its CSR to be approved`, accept)
      : wrong(`cluster ${name} has not joined`, LOOK_THERE)
  }
  const available = findCondition(status?.conditions, AVAILABLE_CONDITION)
  const renewal = await lastRenewal(session, managed)
  // The hub knows better than this machine, whose own clock may be wrong.
  const isSilent = renewal?.isOver === true && available?.status !== 'True'
  const clock = findCondition(status?.conditions, CLOCK_SYNCED_CONDITION)
  // An agent that says nothing any more does not correct what was said of its clock, either.
  if (clock?.status === 'False' && !isSilent) {
    return wrong(
      `cluster ${name}: ${clock.reason}: the clocks of hub and agent differ${clockOffText(renewal)}`,
      SET_CLOCKS,
    )
  }
  if (available?.status === 'True') return undefined
  if (await hasPendingRequest(session, name)) {
    return wrong(`cluster ${name} has lost its identity, and waits for its new CSR to be approved`, accept)
  }
  if (isSilent) {
    return wrong(
      `cluster ${name} is not available: its agent is down or cannot reach the hub: it renewed its lease ${renewal.secondsAgo} s ago`,
      LOOK_THERE,
    )
  }
  const why = available ? `${available.reason}: ${available.message}` : 'its agent has said nothing yet'
  const leaseText = renewal ? `its lease was renewed ${renewal.secondsAgo} s ago` : 'it has no lease'
  return wrong(`cluster ${name} is not available: ${why}; ${leaseText}`, LOOK_THERE)
}

async function hasPendingRequest({ cluster, signal }: Session, name: string): Promise<boolean> {
  const { items } = await cluster
    .resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
    .listAll({ labelSelector: `${CLUSTER_NAME_LABEL}=${name}`, signal })
  return items.some((csr) => isFromBootstrap(csr) && stateOf(csr) === 'pending')
}

async function lastRenewal(
  { cluster, signal }: Session,
  managed: ManagedCluster,
): Promise<LastRenewal | undefined> {
  const key = { namespace: managed.metadata.name ?? '', name: MANAGED_CLUSTER_LEASE_NAME }
  const lease = await cluster.resource<Lease>(LEASES).find(key, { signal })
  return lastRenewalOf(lease, managed, cluster.clock.now())
}
