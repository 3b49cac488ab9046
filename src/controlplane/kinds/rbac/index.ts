import type { FieldError } from '../../api/field-error.ts'
import {
  type Binding,
  bindingUpdateErrors,
  type ClusterRole,
  clusterRoleBindingErrors,
  clusterRoleErrors,
  RBAC_GROUP,
  type Role,
  roleBindingErrors,
  roleErrors,
  withBindingDefaults,
} from '../../rbac/index.ts'
import { type KubeObject, pathSegmentProblems, type Strategy } from '../../registry/index.ts'
import { type KindEntry, KindTable, strategyOf } from '../strategy/index.ts'

/** Roles and bindings can be created by replacing them, which is how reconcilers write them (kubernetes, registry/rbac). */

function roleStrategy(errors: (object: KubeObject) => readonly FieldError[]): Strategy {
  return strategyOf({
    allowsCreateOnUpdate: true,
    validateName: pathSegmentProblems,
    validate: errors,
    validateUpdate: errors,
  })
}

function bindingStrategy(errors: (binding: Binding) => readonly FieldError[]): Strategy {
  return strategyOf({
    allowsCreateOnUpdate: true,
    validateName: pathSegmentProblems,
    withDefaults: withBindingDefaults,
    validate: (binding) => errors(binding as Binding),
    validateUpdate: (binding, old) => [
      ...errors(binding as Binding),
      ...bindingUpdateErrors(binding as Binding, old as Binding),
    ],
  })
}

const rbac = new KindTable(RBAC_GROUP)

export const RBAC_KINDS: readonly KindEntry[] = [
  rbac.namespaced(
    'roles',
    'Role',
    roleStrategy((role) => roleErrors(role as Role)),
  ),
  rbac.clusterScoped(
    'clusterroles',
    'ClusterRole',
    roleStrategy((role) => clusterRoleErrors(role as ClusterRole)),
  ),
  rbac.namespaced('rolebindings', 'RoleBinding', bindingStrategy(roleBindingErrors)),
  rbac.clusterScoped('clusterrolebindings', 'ClusterRoleBinding', bindingStrategy(clusterRoleBindingErrors)),
]
