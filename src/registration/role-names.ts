/** Under which names the hub allows the agents of a cluster what they may do. */

/** ClusterRole and ClusterRoleBinding of one cluster. */
export function clusterRoleName(clusterName: string): string {
  return `open-cluster-management:managedcluster:${clusterName}`
}

/** The ClusterRole that all clusters' registration agents have in their cluster's namespace. */
export const REGISTRATION_CLUSTER_ROLE = 'open-cluster-management:managedcluster:registration'
/** The ClusterRole that all clusters' work agents have in their cluster's namespace. */
export const WORK_CLUSTER_ROLE = 'open-cluster-management:managedcluster:work'

/** The RoleBinding in the cluster's namespace. */
export function registrationRoleBindingName(clusterName: string): string {
  return `${clusterRoleName(clusterName)}:registration`
}

/** The RoleBinding in the cluster's namespace. */
export function workRoleBindingName(clusterName: string): string {
  return `${clusterRoleName(clusterName)}:work`
}

/** The group of a cluster's agents that bring identities of their own (cloud providers), beside `clusterGroup`. */
export function foreignClusterGroup(clusterName: string): string {
  return `open-cluster-management:${clusterName}`
}

/** The API group of what an agent may ask the hub to do with its cluster: nothing is served there. */
export const REGISTER_GROUP = 'register.open-cluster-management.io'
