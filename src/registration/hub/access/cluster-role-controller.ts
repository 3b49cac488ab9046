import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { ClusterRole } from '../../../apis/rbac/v1.ts'
import { type Controller, deleteObject, ensureObject } from '../../../kube/index.ts'
import type { HubContext } from '../hub-context.ts'
import { sharedClusterRoles } from './cluster-access.ts'

/** There is but one thing to reconcile, whatever has changed. */
const ALL = { name: 'shared-cluster-roles' }

/** Keeps the roles that all clusters share, as long as there is a cluster. */
export function addClusterRoleController({ manager, informers, options }: HubContext): Controller {
  const { clusters, clusterRoles } = informers
  const wanted = sharedClusterRoles(options.labels ?? {})
  const names = wanted.map(({ metadata }) => metadata.name)
  const isShared = ({ metadata }: ClusterRole) => names.includes(metadata.name)
  const isFirstOrLast = () => clusters.store.size <= 1
  const controller = manager.controller({
    name: 'managed-cluster-cluster-roles',
    async reconcile(_, { signal }) {
      for (const role of wanted) {
        if (clusters.store.size > 0) await ensureObject(clusterRoles, role, signal)
        else if (clusterRoles.store.get(role.metadata.name ?? ''))
          await deleteObject(clusterRoles, role, signal)
      }
    },
  })
  return controller
    .watch<ManagedCluster>(clusters, {
      map: () => [ALL],
      predicates: [{ onAdd: isFirstOrLast, onUpdate: () => false, onDelete: isFirstOrLast }],
    })
    .watch(clusterRoles, {
      map: (role) => (isShared(role) ? [ALL] : []),
    })
}
