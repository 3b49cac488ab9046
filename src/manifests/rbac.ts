import type { ObjectMeta } from '../apis/meta/v1.ts'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, RoleBinding, Subject } from '../apis/rbac/v1.ts'

const GROUP = 'rbac.authorization.k8s.io'

export function clusterRole(metadata: ObjectMeta, rules: readonly PolicyRule[]): ClusterRole {
  return { apiVersion: `${GROUP}/v1`, kind: 'ClusterRole', metadata, rules }
}

/** Gives a ClusterRole to somebody, in all namespaces. */
export function clusterRoleBinding(metadata: ObjectMeta, role: string, subject: Subject): ClusterRoleBinding {
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: role } as const
  return {
    apiVersion: `${GROUP}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef,
    subjects: [subject],
  }
}

/** Gives a role to somebody, in the namespace of the metadata. */
export function roleBinding(
  metadata: ObjectMeta,
  role: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string },
  subject: Subject,
): RoleBinding {
  const roleRef = { apiGroup: GROUP, ...role }
  return { apiVersion: `${GROUP}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects: [subject] }
}

export function serviceAccountSubject(namespace: string, name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace }
}

export function groupSubject(name: string): Subject {
  return { kind: 'Group', apiGroup: GROUP, name }
}
