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
import { type Check, type Finding, ok, wrong } from './check.ts'

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
async function lookAtCluster(
  session: Session,
  { metadata, spec, status }: ManagedCluster,
): Promise<Finding | undefined> {
  const { name = '' } = metadata
  const accept = `run "clusteradm accept --clusters ${name}"`
  if (!spec?.hubAcceptsClient) return wrong(`cluster ${name} is not accepted`, accept)
  if (!isConditionTrue(status?.conditions, JOINED_CONDITION)) {
    const isPending = await hasPendingRequest(session, name)
    return isPending
      ? wrong(`cluster ${name} waits for its CSR to be approved`, accept)
      : wrong(
          `cluster ${name} has not joined`,
          'run "clusteradm doctor klusterlet" with the context of the managed cluster',
        )
  }
  const clock = findCondition(status?.conditions, CLOCK_SYNCED_CONDITION)
  if (clock?.status === 'False') {
    return wrong(
      `cluster ${name}: ${clock.reason}: ${clock.message}`,
      'set the clocks of both, such as by NTP',
    )
  }
  const available = findCondition(status?.conditions, AVAILABLE_CONDITION)
  if (available?.status === 'True') return undefined
  if (await hasPendingRequest(session, name)) {
    return wrong(`cluster ${name} has lost its identity, and waits for its new CSR to be approved`, accept)
  }
  const why = available ? `${available.reason}: ${available.message}` : 'its agent has said nothing yet'
  return wrong(
    `cluster ${name} is not available: ${why}; ${await leaseText(session, name)}`,
    'run "clusteradm doctor klusterlet" with the context of the managed cluster',
  )
}

async function hasPendingRequest({ cluster, signal }: Session, name: string): Promise<boolean> {
  const { items } = await cluster
    .resource<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS)
    .listAll({ labelSelector: `${CLUSTER_NAME_LABEL}=${name}`, signal })
  return items.some((csr) => isFromBootstrap(csr) && stateOf(csr) === 'pending')
}

async function leaseText({ cluster, signal }: Session, namespace: string): Promise<string> {
  const lease = await cluster
    .resource<Lease>(LEASES)
    .find({ namespace, name: MANAGED_CLUSTER_LEASE_NAME }, { signal })
  const renewed = lease?.spec?.renewTime
  if (!renewed) return 'it has no lease'
  const seconds = Math.round((cluster.clock.now() - Date.parse(renewed)) / 1000)
  return `its lease was renewed ${seconds} s ago`
}
