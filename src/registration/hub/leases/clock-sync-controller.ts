import {
  CLOCK_SYNCED_CONDITION,
  MANAGED_CLUSTER_LEASE_NAME,
  SKIP_CLOCK_SYNC_CHECK_ANNOTATION,
} from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import { type Controller, findCondition, type NewCondition } from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { isAgentLease, type LeaseSightings } from './lease-sightings.ts'
import { gracePeriodMs, type LastRenewal, renewTimeOf } from './lease-times.ts'

const SYNCED: NewCondition = {
  type: CLOCK_SYNCED_CONDITION,
  status: 'True',
  reason: 'ManagedClusterClockSynced',
  message: 'The clock of the managed cluster is synced with the hub.',
}
const OUT_OF_SYNC: NewCondition = {
  type: CLOCK_SYNCED_CONDITION,
  status: 'False',
  reason: 'ManagedClusterClockOutOfSync',
  message:
    'The clock of hub and agent is out of sync. This may cause the Unknown status and affect agent functionalities.',
}

/** Says whether the clocks of hub and agent agree: at a renewal the agent's time must be near the hub's. */
export function addClockSyncController(context: HubContext, sightings: LeaseSightings): Controller {
  const { client, informers, patchers } = context
  const { clusters, leases } = informers
  return clusterController(context, 'clock-sync', async ({ name }, { signal, log }) => {
    const cluster = clusters.store.get(name)
    const renewal = sightings.of(name)
    if (!cluster || !renewal || !leases.store.get({ namespace: name, name: MANAGED_CLUSTER_LEASE_NAME }))
      return
    const wanted = isSynced(cluster, renewal) ? SYNCED : OUT_OF_SYNC
    const known = findCondition(cluster.status?.conditions, CLOCK_SYNCED_CONDITION)
    if (known?.status === wanted.status) return
    const now = client.clock.now()
    if (await patchers.clusters.setConditions(cluster, [wanted], { signal, now }))
      log.info({ isSynced: wanted === SYNCED }, 'what is known of the clock of a managed cluster has changed')
  }).watch(leases, {
    map: (lease) => (isAgentLease(lease) ? [{ name: lease.metadata.namespace ?? '' }] : []),
    // Only a renewal has a time to compare: what was there before may be old for other reasons.
    predicates: [
      {
        onAdd: () => false,
        onUpdate: (previous, lease) => renewTimeOf(lease) !== renewTimeOf(previous),
        onDelete: () => false,
      },
    ],
  })
}

export function isSynced(
  cluster: ManagedCluster,
  { renewTime, seenAt }: Pick<LastRenewal, 'renewTime' | 'seenAt'>,
): boolean {
  if (cluster.metadata.annotations?.[SKIP_CLOCK_SYNC_CHECK_ANNOTATION] === 'true') return true
  return Math.abs(seenAt - renewTime) < gracePeriodMs(cluster)
}
