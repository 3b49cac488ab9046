import type { Binding, Role } from '../rbac-objects.ts'
import { READ, role, roleBinding, rule, serviceAccount, user } from './fact-builders.ts'

const NAMESPACE = 'kube-system'
const CONTROLLER_MANAGER = user('system:kube-controller-manager')
const LEADER_LOCKING = 'system::leader-locking-kube-controller-manager'
const AUTHENTICATION_READER = 'extension-apiserver-authentication-reader'

export const NAMESPACE_ROLES: readonly Role[] = [
  role(NAMESPACE, AUTHENTICATION_READER, [
    rule(READ, '', 'configmaps', ['extension-apiserver-authentication']),
  ]),
  role(NAMESPACE, LEADER_LOCKING, [
    rule(`create update ${READ}`, 'coordination.k8s.io', 'leases'),
    rule(`create update ${READ}`, 'coordination.k8s.io', 'leasecandidates'),
  ]),
]

export const NAMESPACE_ROLE_BINDINGS: readonly Binding[] = [
  roleBinding(NAMESPACE, `system::${AUTHENTICATION_READER}`, AUTHENTICATION_READER, [
    CONTROLLER_MANAGER,
    user('system:kube-scheduler'),
  ]),
  roleBinding(NAMESPACE, LEADER_LOCKING, LEADER_LOCKING, [
    CONTROLLER_MANAGER,
    serviceAccount(NAMESPACE, 'kube-controller-manager'),
    serviceAccount(NAMESPACE, 'leader-election-controller'),
  ]),
]
