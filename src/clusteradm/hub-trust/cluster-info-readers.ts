import type { KubeObject } from '../../apis/meta/v1.ts'

/** Role and RoleBinding that let anybody read the hub's address and CA, as on clusters that kubeadm has made. */
export const CLUSTER_INFO_READERS = {
  namespace: 'kube-public',
  name: 'open-cluster-management:cluster-info-readers',
} as const

/**
 * What lets a cluster that joins learn the hub's CA before it shows its token (docs/clusteradm.md, trust). The ConfigMap holds
 * nothing secret, and nothing else of the namespace is given away.
 */
export function clusterInfoReaders(): readonly KubeObject[] {
  const metadata = { ...CLUSTER_INFO_READERS }
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }],
  }
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: CLUSTER_INFO_READERS.name },
    subjects: [
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:unauthenticated' },
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' },
    ],
  }
  return [role, binding]
}
