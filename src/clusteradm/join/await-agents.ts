import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import { KLUSTERLETS, type Klusterlet } from '../../apis/operator/v1.ts'
import { findCondition, type KubeClient } from '../../kube/client.ts'
import { agentDeploymentsOf, agentNamespaceOf } from '../names.ts'
import type { Session } from '../session.ts'
import { awaitObjects, expected } from '../waiting/await-objects.ts'
import { awaitRollouts } from '../waiting/await-rollouts.ts'
import { unapplied } from '../waiting/unapplied.ts'

/** What the operator says of the kubeconfig that the agent introduces itself with. */
const BOOTSTRAP_TROUBLES = ['BootstrapSecretMissing', 'BootstrapSecretError', 'BootstrapSecretUnauthorized']

/** Waits until the operator has applied the Klusterlet as it is now, and the agents run. */
export function awaitAgents(session: Session, klusterlet: Klusterlet): Promise<void> {
  return awaitRollouts(session, {
    namespace: agentNamespaceOf(klusterlet),
    names: agentDeploymentsOf(klusterlet),
    text: 'klusterlet agent',
    done: 'Klusterlet is now available.',
    before: [
      expected<Klusterlet>({
        ...followedKlusterlet(session, klusterlet),
        missing: ([found]) => unapplied(found),
      }),
    ],
  })
}

/** Waits until the agent has introduced itself to the hub. A wait in vain tells what the operator thinks of the way there. */
export async function awaitManagedCluster(
  session: Session,
  hub: KubeClient,
  klusterlet: Klusterlet,
): Promise<void> {
  const wait = { text: 'Waiting for managed cluster to be created...', done: 'Managed cluster is created.' }
  const { timeoutMs, signal } = session
  const clusterName = klusterlet.spec?.clusterName ?? ''
  let trouble = ''
  const connection = expected<Klusterlet>({
    ...followedKlusterlet(session, klusterlet),
    missing: ([found]) => {
      trouble = hubTrouble(found)
      return undefined
    },
  })
  const managedCluster = expected({
    cluster: hub,
    resource: MANAGED_CLUSTERS,
    selection: { fieldSelector: `metadata.name=${clusterName}` },
    missing: (found) => (found.length > 0 ? undefined : trouble),
  })
  await session.progress.during(wait, (report) =>
    awaitObjects(
      { what: `managed cluster ${clusterName} to be created on the hub`, timeoutMs, signal, report },
      [connection, managedCluster],
    ),
  )
}

function followedKlusterlet({ cluster }: Session, { metadata }: Klusterlet) {
  return { cluster, resource: KLUSTERLETS, selection: { fieldSelector: `metadata.name=${metadata.name}` } }
}

/** That the agent has no identity of its own yet is no trouble: it is what it asks for. */
function hubTrouble(klusterlet: Klusterlet | undefined): string {
  const condition = findCondition(klusterlet?.status?.conditions, 'HubConnectionDegraded')
  const [reason = ''] = condition?.reason.split(',') ?? []
  if (condition?.status !== 'True' || !BOOTSTRAP_TROUBLES.includes(reason)) return ''
  return `${reason}: ${condition.message.split('\n')[0]}`
}
