import { type Binding, type ClusterRole, type EscalationGuard, RBAC_GROUP } from '../rbac/index.ts'
import type { AdmissionPlugin } from './admission.ts'

/** Nobody gives away more rights than they have. */
export function roleEscalation(guard: EscalationGuard): AdmissionPlugin {
  return {
    validate({ operation, group, resource, user, namespace, name, object, oldObject }) {
      if (group !== RBAC_GROUP || !object || operation === 'DELETE') return
      const request = { user, namespace, name: operation === 'CREATE' ? '' : name }
      if (resource === 'roles' || resource === 'clusterroles')
        guard.checkRole(request, object as ClusterRole, oldObject as ClusterRole | undefined)
      else guard.checkBinding(request, object as Binding, oldObject as Binding | undefined)
    },
  }
}
