import type { ClusterRole } from '../../apis/rbac/v1.ts'
import { CLUSTER_ROLES } from '../../apis/resources.ts'
import { type Controller, isNotFound } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { aggregatedRules, isSameRules } from './aggregated-rules.ts'

const FIELD_MANAGER = 'clusterrole-aggregation-controller'

/** Keeps the rules of roles that are made of others (kube-controller-manager's `clusterrole-aggregation-controller`). */
export function addClusterRoleAggregation({ manager, client }: ControllerContext): Controller {
  const informer = manager.informers.for<ClusterRole>(CLUSTER_ROLES)
  const clusterRoles = client.resource<ClusterRole>(CLUSTER_ROLES)
  const aggregating = () => informer.store.list().filter(({ aggregationRule }) => aggregationRule)
  return manager
    .controller({
      name: 'clusterrole-aggregation',
      async reconcile({ name }, { signal }) {
        const role = informer.store.get({ name })
        if (!role || role.metadata.deletionTimestamp) return
        const rules = aggregatedRules(role, informer.store.list())
        if (!rules || isSameRules(role.rules, rules)) return
        const applied = {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name, uid: role.metadata.uid },
          rules,
        }
        await clusterRoles
          .apply(applied, { fieldManager: FIELD_MANAGER, force: true, signal })
          .catch((error) => {
            if (!isNotFound(error)) throw error
          })
      },
    })
    .watch(informer, { map: () => aggregating().map(({ metadata }) => ({ name: metadata.name ?? '' })) })
}
