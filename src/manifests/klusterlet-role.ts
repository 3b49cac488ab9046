import type { PolicyRule } from '../apis/rbac/v1.ts'
import { IMAGE_PULL_SECRET } from './image-pull-secret.ts'
import { allow, CHANGE, MANAGE, VIEW } from './policy-rules.ts'

const OCM = 'open-cluster-management.io'
const RBAC = 'rbac.authorization.k8s.io'

/** Agents keep a leader, and never delete its Lease. */
const KEEP = ['create', 'get', 'list', 'update', 'watch', 'patch'] as const

/** Secrets that the operator reads, copies or deletes; it can read no other. */
const SECRETS = [
  IMAGE_PULL_SECRET,
  'bootstrap-hub-kubeconfig',
  'hub-kubeconfig-secret',
  'external-managed-kubeconfig',
  'external-managed-kubeconfig-work',
  'external-managed-kubeconfig-registration',
  'external-managed-kubeconfig-agent',
]

/**
 * The rights of the operator on a managed cluster. Roles it may hand out without having what is in them (`escalate`, `bind`),
 * for the work agent has the rights of an administrator of all namespaces.
 */
export const KLUSTERLET_RULES: readonly PolicyRule[] = [
  allow(MANAGE, '', ['configmaps', 'serviceaccounts']),
  allow(['create'], '', ['secrets']), // a right to create cannot be limited to names
  allow(['update', 'get', 'list', 'watch', 'delete'], '', ['secrets'], SECRETS),
  allow(['get'], '', ['pods']),
  allow(['get'], 'apps', ['replicasets']),
  allow(KEEP, 'coordination.k8s.io', ['leases']),
  allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(MANAGE, '', ['namespaces']),
  allow(VIEW, '', ['nodes']),
  allow(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
  allow(MANAGE, 'apps', ['deployments']),
  allow(MANAGE, RBAC, ['clusterrolebindings', 'rolebindings']),
  allow([...MANAGE, 'escalate', 'bind'], RBAC, ['clusterroles', 'roles']),
  allow(MANAGE, 'apiextensions.k8s.io', ['customresourcedefinitions']),
  allow([...VIEW, ...CHANGE, 'delete'], `operator.${OCM}`, ['klusterlets']),
  allow(CHANGE, `operator.${OCM}`, ['klusterlets/status']),
  allow(['list', ...CHANGE], `work.${OCM}`, ['appliedmanifestworks']),
  allow(MANAGE, 'networking.k8s.io', ['networkpolicies']),
]
