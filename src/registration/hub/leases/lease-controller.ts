import {
  AVAILABLE_CONDITION,
  CLUSTER_NAME_LABEL,
  HUB_ACCEPTED_CONDITION,
  MANAGED_CLUSTER_LEASE_NAME,
  SKIP_CLOCK_SYNC_CHECK_ANNOTATION,
} from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Lease } from '../../../apis/coordination/v1.ts'
import {
  type Controller,
  type EventRecorder,
  findCondition,
  isAlreadyExists,
  microTimeText,
  type NewCondition,
  type ReconcileResult,
} from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { isAgentLease, type LeaseSightings } from './lease-sightings.ts'
import { gracePeriodMs, remainingLifeMs, renewTimeOf } from './lease-times.ts'

const UNKNOWN: NewCondition = {
  type: AVAILABLE_CONDITION,
  status: 'Unknown',
  reason: 'ManagedClusterLeaseUpdateStopped',
  message: 'Registration agent stopped updating its lease.',
}

/** A Lease that was just made may not be seen yet; so long after that it is made again. */
const SEEN_WITHIN_MS = 5_000

export interface LeaseComponents {
  readonly sightings: LeaseSightings
  readonly events: EventRecorder
}

/**
 * Makes the Lease that a cluster's agent renews, and says that nothing is known of the cluster once that has stopped. A cluster is looked at
 * when its Lease is about to expire; renewals in between cost nothing. That it is well again is the agent's to say.
 */
export function addLeaseController(context: HubContext, { sightings, events }: LeaseComponents): Controller {
  const { client, informers, patchers } = context
  const { clusters, leases, namespaces } = informers
  const { clock } = client
  /** When Leases were made that have not been seen yet, by cluster. */
  const madeAt = new Map<string, number>()

  return clusterController(context, 'managed-cluster-lease', async ({ name }, { signal, log }) => {
    const cluster = clusters.store.get(name)
    const lease = leases.store.get({ namespace: name, name: MANAGED_CLUSTER_LEASE_NAME })
    if (!cluster || lease) madeAt.delete(name)
    if (!cluster || !findCondition(cluster.status?.conditions, HUB_ACCEPTED_CONDITION)) return undefined
    if (!lease) return cluster.metadata.deletionTimestamp ? giveUp(cluster) : createLease(name)

    const graceMs = gracePeriodMs(cluster)
    const renewal = sightings.of(name)
    if (!renewal) return undefined // it was deleted just now, which is an event
    const isClockTrusted = cluster.metadata.annotations?.[SKIP_CLOCK_SYNC_CHECK_ANNOTATION] !== 'true'
    const leftMs = remainingLifeMs(renewal, { graceMs, isClockTrusted }, clock)
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    await giveUp(cluster)
    return { requeueAfterMs: graceMs }

    async function giveUp(lost: ManagedCluster): Promise<undefined> {
      if (findCondition(lost.status?.conditions, AVAILABLE_CONDITION)?.status === 'Unknown') return undefined
      const isWritten = await patchers.clusters.setConditions(lost, [UNKNOWN], {
        signal,
        now: clock.now(),
      })
      if (!isWritten) return undefined
      log.warn(
        'managed cluster is not known to be available any more, its agent has stopped renewing its lease',
      )
      events.record({
        regarding: { ...lost, metadata: { ...lost.metadata, namespace: name } },
        type: 'Warning',
        reason: 'AvailableUnknown',
        action: 'AvailableUnknown',
        note: `The ${name} is successfully imported. However, the connection check from the managed cluster to the hub cluster has failed`,
      })
      return undefined
    }

    async function createLease(namespace: string): Promise<ReconcileResult | undefined> {
      const sinceMs = clock.monotonic() - (madeAt.get(namespace) ?? Number.NEGATIVE_INFINITY)
      if (sinceMs < SEEN_WITHIN_MS) return { requeueAfterMs: SEEN_WITHIN_MS - sinceMs }
      const home = namespaces.store.get(namespace)
      if (!home || home.metadata.deletionTimestamp) return undefined // its next event brings us back
      const lease: Lease = {
        metadata: {
          name: MANAGED_CLUSTER_LEASE_NAME,
          namespace,
          labels: { [CLUSTER_NAME_LABEL]: namespace },
        },
        spec: { holderIdentity: MANAGED_CLUSTER_LEASE_NAME, renewTime: microTimeText(clock.now()) },
      }
      try {
        await leases.resource.create(lease, { signal })
        madeAt.set(namespace, clock.monotonic())
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
      return undefined
    }
  })
    .watch(clusters)
    .watch(namespaces, { predicates: [{ onUpdate: () => false }] })
    .watch(leases, {
      map: (lease) => (isAgentLease(lease) ? [{ name: lease.metadata.namespace ?? '' }] : []),
      // A renewal only puts off what is planned; one that goes back in time may bring it forward.
      predicates: [{ onUpdate: (previous, lease) => renewTimeOf(lease) < renewTimeOf(previous) }],
    })
}
