import { CLUSTER_SET_BOUND_CONDITION } from '../../../apis/cluster/constants.ts'
import type { ManagedClusterSet } from '../../../apis/cluster/v1beta2.ts'
import { type Controller, type NewCondition, patchConditions } from '../../../kube/index.ts'
import type { HubContext } from '../hub-context.ts'
import { BY_CLUSTER_SET } from '../hub-informers.ts'

const BOUND: NewCondition = {
  type: CLUSTER_SET_BOUND_CONDITION,
  status: 'True',
  reason: 'ClusterSetBound',
  message: '',
}
const NOT_FOUND: NewCondition = { ...BOUND, status: 'False', reason: 'ClusterSetNotFound' }

/** Says of each binding whether its set is there. */
export function addBindingController({ manager, client, informers }: HubContext): Controller {
  const { bindings, clusterSets } = informers
  const controller = manager.controller({
    name: 'managed-cluster-set-binding',
    async reconcile(key, { signal }) {
      const binding = bindings.store.get(key)
      if (!binding || binding.metadata.deletionTimestamp) return
      const wanted = clusterSets.store.get(binding.spec?.clusterSet ?? '') ? BOUND : NOT_FOUND
      await patchConditions(bindings.resource, binding, [wanted], { signal, now: client.clock.now() })
    },
  })
  return controller.watch(bindings).watch<ManagedClusterSet>(clusterSets, {
    map: ({ metadata }) =>
      bindings.store
        .byIndex(BY_CLUSTER_SET, metadata.name ?? '')
        .map((binding) => ({ namespace: binding.metadata.namespace, name: binding.metadata.name ?? '' })),
    predicates: [{ onUpdate: () => false }], // that it is there does not change
  })
}
