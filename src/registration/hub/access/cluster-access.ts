import { CLUSTER_GROUP, CLUSTER_NAME_LABEL } from '../../../apis/cluster/constants.ts'
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  RoleBinding,
  Subject,
} from '../../../apis/rbac/v1.ts'
import { MANIFEST_WORK_FINALIZER } from '../../../apis/work/constants.ts'
import { clusterGroup } from '../../cluster-identity.ts'
import {
  clusterRoleName,
  foreignClusterGroup,
  REGISTER_GROUP,
  REGISTRATION_CLUSTER_ROLE,
  registrationRoleBindingName,
  WORK_CLUSTER_ROLE,
  workRoleBindingName,
} from '../../role-names.ts'

/** What agents may do on the hub: their own cluster's things, and only once the cluster is accepted. */

const RBAC_GROUP = 'rbac.authorization.k8s.io'
const API_VERSION = `${RBAC_GROUP}/v1`
const WORK_GROUP = 'work.open-cluster-management.io'
const ADD_ON_GROUP = 'addon.open-cluster-management.io'

type Labels = Readonly<Record<string, string>>

const ofCluster = (cluster: string, labels: Labels) => ({ ...labels, [CLUSTER_NAME_LABEL]: cluster })

const roleRef = (name: string) => ({ apiGroup: RBAC_GROUP, kind: 'ClusterRole', name }) as const

function agentsOf(cluster: string): readonly Subject[] {
  return [clusterGroup(cluster), foreignClusterGroup(cluster)].map((name) => ({
    kind: 'Group',
    apiGroup: RBAC_GROUP,
    name,
  }))
}

/** A cluster that was denied may still look at itself, and so see that it was. */
export function clusterRoleOf(cluster: string, isAccepted: boolean, labels: Labels): ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { name: clusterRoleName(cluster), labels: ofCluster(cluster, labels) },
    rules: isAccepted ? acceptedRules(cluster) : deniedRules(cluster),
  }
}

function acceptedRules(cluster: string): readonly PolicyRule[] {
  return [
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests'],
      verbs: ['create', 'get', 'list', 'watch'],
    },
    { apiGroups: [REGISTER_GROUP], resources: ['managedclusters/clientcertificates'], verbs: ['renew'] },
    {
      apiGroups: [CLUSTER_GROUP],
      resources: ['managedclusters'],
      resourceNames: [cluster],
      verbs: ['get', 'list', 'update', 'watch'],
    },
    {
      apiGroups: [CLUSTER_GROUP],
      resources: ['managedclusters/status'],
      resourceNames: [cluster],
      verbs: ['patch', 'update'],
    },
  ]
}

function deniedRules(cluster: string): readonly PolicyRule[] {
  return [
    {
      apiGroups: [CLUSTER_GROUP],
      resources: ['managedclusters'],
      resourceNames: [cluster],
      verbs: ['get', 'list', 'watch'],
    },
  ]
}

export function clusterRoleBindingOf(cluster: string, labels: Labels): ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name: clusterRoleName(cluster), labels: ofCluster(cluster, labels) },
    roleRef: roleRef(clusterRoleName(cluster)),
    subjects: agentsOf(cluster),
  }
}

export function registrationRoleBindingOf(cluster: string, labels: Labels): RoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: 'RoleBinding',
    metadata: {
      name: registrationRoleBindingName(cluster),
      namespace: cluster,
      labels: ofCluster(cluster, labels),
    },
    roleRef: roleRef(REGISTRATION_CLUSTER_ROLE),
    subjects: agentsOf(cluster),
  }
}

/** Stays for as long as there are ManifestWorks, which only the work agent can clean up. */
export function workRoleBindingOf(cluster: string, labels: Labels): RoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: 'RoleBinding',
    metadata: {
      name: workRoleBindingName(cluster),
      namespace: cluster,
      labels: ofCluster(cluster, labels),
      finalizers: [MANIFEST_WORK_FINALIZER],
    },
    roleRef: roleRef(WORK_CLUSTER_ROLE),
    subjects: agentsOf(cluster),
  }
}

/** What all clusters' agents may do in their clusters' namespaces. */
export function sharedClusterRoles(labels: Labels): readonly ClusterRole[] {
  const role = (name: string, rules: readonly PolicyRule[]): ClusterRole => ({
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { name, labels: ofCluster('', labels) },
    rules,
  })
  return [role(REGISTRATION_CLUSTER_ROLE, REGISTRATION_RULES), role(WORK_CLUSTER_ROLE, WORK_RULES)]
}

const REGISTRATION_RULES: readonly PolicyRule[] = [
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'update'],
  },
  { apiGroups: [ADD_ON_GROUP], resources: ['managedclusteraddons'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [ADD_ON_GROUP], resources: ['managedclusteraddons/status'], verbs: ['patch', 'update'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
]

const WORK_RULES: readonly PolicyRule[] = [
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  {
    apiGroups: [WORK_GROUP],
    resources: ['manifestworks'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  { apiGroups: [WORK_GROUP], resources: ['manifestworks/status'], verbs: ['patch', 'update'] },
]
