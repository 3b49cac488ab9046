import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { Controller } from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { BY_CLUSTER } from '../hub-informers.ts'
import { approve, isDecided } from '../signing-requests/approval.ts'
import { addOnKeyOf, isDefaultAddOnRequest } from './add-on-request.ts'

const MESSAGE = 'Auto approving addon agent certificate.'

/** Approves the certificates of add-ons' agents that are what add-ons have by default; others are for the add-ons' managers. */
export function addAddOnApprovingController(context: HubContext): Controller {
  const { client, informers } = context
  const { signingRequests, addOns, clusters } = informers
  return clusterController(context, 'add-on-csr-approving', async ({ name }, { signal, log }) => {
    const request = signingRequests.store.get(name)
    const key = request && addOnKeyOf(request)
    if (!request || !key || isDecided(request)) return
    const addOn = addOns.store.get(key)
    if (!addOn || addOn.metadata.deletionTimestamp) return
    if (!clusters.store.get(key.namespace)?.spec?.hubAcceptsClient) return
    if (!(await isDefaultAddOnRequest(request, addOn))) return
    if (await approve(client, request, MESSAGE, signal))
      log.info({ cluster: key.namespace, addOn: key.name }, 'signing request of an add-on approved')
  })
    .watch(signingRequests, { predicates: [{ onDelete: () => false }] })
    .watch<ManagedClusterAddOn>(addOns, {
      // A request may have come before its add-on was seen, or registered.
      map: ({ metadata: { namespace = '', name } }) =>
        signingRequests.store
          .byIndex(BY_CLUSTER, namespace)
          .filter((request) => addOnKeyOf(request)?.name === name && !isDecided(request))
          .map(({ metadata }) => ({ name: metadata.name ?? '' })),
      predicates: [{ onDelete: () => false }],
    })
}
