import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import { type Controller, deleteObject, isForbidden } from '../../../kube/index.ts'
import type { HubContext } from '../hub-context.ts'
import { BY_CLUSTER } from '../hub-informers.ts'

/**
 * Deletes the signing requests of a cluster that has gone: an agent that joins again under that name would find them, and give up when there
 * are ten. Without the right to delete them, which the original's roles do not give, they stay until the API's own cleaner takes them, a day at most.
 */
export function addStaleRequestsController({ manager, informers }: HubContext): Controller {
  const { clusters, signingRequests } = informers
  const controller = manager.controller({
    name: 'stale-signing-requests',
    async reconcile({ name }, { signal, log }) {
      if (clusters.store.get(name)) return // it is back
      const requests = signingRequests.store.byIndex(BY_CLUSTER, name)
      try {
        for (const request of requests) await deleteObject(signingRequests, request, signal)
      } catch (error) {
        if (!isForbidden(error)) throw error
        log.debug(
          { err: error },
          'signing requests of a cluster that has gone stay, there is no right to delete them',
        )
      }
    },
  })
  return controller.watch<ManagedCluster>(clusters, {
    predicates: [{ onAdd: () => false, onUpdate: () => false }],
  })
}
