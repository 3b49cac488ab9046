import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import type { Condition } from '../../apis/meta/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../apis/operator/v1.ts'
import { findCondition, type KubeClient } from '../../kube/client.ts'
import type { Session } from '../session.ts'
import { awaitObjects } from '../waiting/await-objects.ts'

const DEGRADED = ['RegistrationDesiredDegraded', 'WorkDesiredDegraded']

/** Waits until the operator says that the agents run. A wait in vain says what it says instead. */
export async function awaitKlusterlet(session: Session, name: string): Promise<void> {
  const wait = {
    text: 'Waiting for klusterlet agent to become ready...',
    done: 'Klusterlet is now available.',
  }
  const { cluster, timeoutMs, signal } = session
  await session.progress.during(wait, (report) =>
    awaitObjects<Klusterlet>({
      cluster,
      resource: KLUSTERLETS,
      selection: { fieldSelector: `metadata.name=${name}` },
      what: 'klusterlet agent',
      timeoutMs,
      signal,
      isDone: ([klusterlet]) =>
        DEGRADED.every((type) => findCondition(klusterlet?.status?.conditions, type)?.status === 'False'),
      statusOf: ([klusterlet]) => klusterletStatus(klusterlet?.status?.conditions),
      report,
    }),
  )
}

/** The first thing that the operator complains of. */
export function klusterletStatus(conditions: readonly Condition[] | undefined): string {
  const complaints = [
    ...['ReadyToApply', 'Applied'].map((type) => ({ type, bad: 'False' })),
    ...DEGRADED.map((type) => ({ type, bad: 'True' })),
    { type: 'Available', bad: 'False' },
  ]
  for (const { type, bad } of complaints) {
    const condition = findCondition(conditions, type)
    if (condition?.status === bad) return `${condition.reason}: ${condition.message}`
  }
  return conditions === undefined || conditions.length === 0 ? 'the operator has not looked at it yet' : ''
}

/** Waits until the agent has introduced itself to the hub. */
export async function awaitManagedCluster(session: Session, hub: KubeClient, name: string): Promise<void> {
  const wait = { text: 'Waiting for managed cluster to be created...', done: 'Managed cluster is created.' }
  const { timeoutMs, signal } = session
  await session.progress.during(wait, (report) =>
    awaitObjects({
      cluster: hub,
      resource: MANAGED_CLUSTERS,
      selection: { fieldSelector: `metadata.name=${name}` },
      what: `managed cluster ${name} to be created on the hub`,
      timeoutMs,
      signal,
      isDone: (found) => found.length > 0,
      statusOf: () => '',
      report,
    }),
  )
}
