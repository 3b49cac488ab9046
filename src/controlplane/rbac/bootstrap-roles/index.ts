import type { Binding, ClusterRole, Role } from '../rbac-objects.ts'
import { CONTROLLER_ROLE_BINDINGS, CONTROLLER_ROLES } from './controller-roles.ts'
import { NAMESPACE_ROLE_BINDINGS, NAMESPACE_ROLES } from './namespace-roles.ts'
import { SYSTEM_ROLE_BINDINGS, SYSTEM_ROLES } from './system-roles.ts'
import { USER_ROLES } from './user-roles.ts'

/** What a server has from its first start: the names and rules are those of a kube-apiserver's (kubernetes, bootstrappolicy). */
export const BOOTSTRAP_CLUSTER_ROLES: readonly ClusterRole[] = [
  ...SYSTEM_ROLES,
  ...USER_ROLES,
  ...CONTROLLER_ROLES,
]

export const BOOTSTRAP_CLUSTER_ROLE_BINDINGS: readonly Binding[] = [
  ...SYSTEM_ROLE_BINDINGS,
  ...CONTROLLER_ROLE_BINDINGS,
]

/** In kube-system, which must be there first. */
export const BOOTSTRAP_ROLES: readonly Role[] = NAMESPACE_ROLES

export const BOOTSTRAP_ROLE_BINDINGS: readonly Binding[] = NAMESPACE_ROLE_BINDINGS
