import { ADD_ON_CONDITION } from '../../../apis/addon/constants.ts'
import { AVAILABLE_CONDITION } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Condition } from '../../../apis/meta/v1.ts'
import { type Controller, findCondition, patchConditions } from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'

/** What an agent that is silent says of its cluster's add-ons is worth nothing: they are unknown with their cluster. */
export function addAddOnHealthController(context: HubContext): Controller {
  const { client, informers } = context
  const { clusters, addOns } = informers
  return clusterController(context, 'managed-cluster-add-on-health', async ({ name }, { signal }) => {
    const availability = availabilityOf(clusters.store.get(name))
    if (availability?.status !== 'Unknown') return
    const { status, reason, message } = availability
    const wanted = { type: ADD_ON_CONDITION.available, status, reason, message }
    const now = client.clock.now()
    await Promise.all(
      addOns.store
        .list(name)
        .map((addOn) => patchConditions(addOns.resource, addOn, [wanted], { signal, now })),
    )
  })
    .watch(clusters, { predicates: [{ onDelete: () => false }] })
    .watch(addOns, {
      map: ({ metadata }) => [{ name: metadata.namespace ?? '' }],
      // Whoever changes one later knows more of it, such as what watches its deployment from the hub.
      predicates: [{ onUpdate: () => false, onDelete: () => false }],
    })
}

function availabilityOf(cluster: ManagedCluster | undefined): Condition | undefined {
  return findCondition(cluster?.status?.conditions, AVAILABLE_CONDITION)
}
