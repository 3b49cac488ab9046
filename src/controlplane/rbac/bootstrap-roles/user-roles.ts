import { aggregatedRules } from '../aggregate-rules.ts'
import type { ClusterRole } from '../rbac-objects.ts'
import { clusterRole, READ, rule, WRITE } from './fact-builders.ts'

const LABEL_PREFIX = 'rbac.authorization.k8s.io/aggregate-to-'

const ADMIN_RULES = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(`${READ} ${WRITE}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
]

const EDIT_RULES = [
  // Reading these is as good as writing.
  rule(READ, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', '', 'serviceaccounts'),
  rule(WRITE, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', '', 'pods/eviction'),
  rule(
    WRITE,
    '',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  rule('create', '', 'serviceaccounts/token'),
  rule(
    WRITE,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(WRITE, 'batch', 'cronjobs jobs'),
  rule(
    WRITE,
    'extensions',
    'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
  ),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(`${READ} ${WRITE}`, 'coordination.k8s.io', 'leases'),
]

const VIEW_RULES = [
  rule(
    READ,
    '',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    READ,
    '',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  // Through a RoleBinding: the namespace that it is in.
  rule(READ, '', 'namespaces'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(
    READ,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(
    READ,
    'extensions',
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ),
  rule(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
]

const PARTS = [
  clusterRole('system:aggregate-to-admin', ADMIN_RULES, labelFor('admin')),
  clusterRole('system:aggregate-to-edit', EDIT_RULES, labelFor('edit')),
  clusterRole('system:aggregate-to-view', VIEW_RULES, labelFor('view')),
]

const VIEW = aggregate('view', PARTS, labelFor('edit'))
const EDIT = aggregate('edit', [VIEW, ...PARTS], labelFor('admin'))
const ADMIN = aggregate('admin', [VIEW, EDIT, ...PARTS])

/**
 * The roles that are meant for people, and what they are put together from. Others, such as those of an operator, join by
 * label. They have their rules from the start, so that they are of use before the controller that keeps them runs.
 */
export const USER_ROLES: readonly ClusterRole[] = [ADMIN, EDIT, VIEW, ...PARTS]

function aggregate(
  name: string,
  parts: readonly ClusterRole[],
  labels: Readonly<Record<string, string>> = {},
): ClusterRole {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: labelFor(name) }] }
  const { rules, ...rest } = clusterRole(name, [], labels)
  const empty = { ...rest, aggregationRule }
  return { ...empty, rules: aggregatedRules(empty, parts) ?? rules ?? [] }
}

function labelFor(name: string): Readonly<Record<string, string>> {
  return { [`${LABEL_PREFIX}${name}`]: 'true' }
}
