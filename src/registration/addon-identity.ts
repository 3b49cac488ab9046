import { ADD_ON_NAME_LABEL } from '../apis/addon/constants.ts'
import { CLUSTER_NAME_LABEL } from '../apis/cluster/constants.ts'

export { ADD_ON_NAME_LABEL }

/** Who the agents of add-ons are to the hub, which both ends must agree on to the letter. */

/** The group of an add-on's agents: the organization in their certificates, if the add-on asks for no other. */
export function addOnGroup(clusterName: string, addOnName: string): string {
  return `system:open-cluster-management:cluster:${clusterName}:addon:${addOnName}`
}

/** The user of an add-on's agent, if the add-on asks for no other. An agent of an add-on is called like the add-on. */
export function addOnUser(clusterName: string, addOnName: string): string {
  return `${addOnGroup(clusterName, addOnName)}:agent:${addOnName}`
}

/** The name in the certificate of an add-on's agent. */
export function addOnDnsName(addOnName: string): string {
  return `${addOnName}.addon.open-cluster-management.io`
}

export function addOnRequestPrefix(clusterName: string, addOnName: string): string {
  return `addon-${clusterName}-${addOnName}-`
}

/** Labels are hints only: anybody who may create a request can write them. */
export function addOnRequestLabels(clusterName: string, addOnName: string): Readonly<Record<string, string>> {
  return { [CLUSTER_NAME_LABEL]: clusterName, [ADD_ON_NAME_LABEL]: addOnName }
}

/** The service account, in the cluster's namespace on the hub, of an add-on that shows tokens. */
export function addOnServiceAccount(addOnName: string): string {
  return `${addOnName}-agent`
}

/** The user that a token of that service account is for. */
export function addOnTokenUser(clusterName: string, addOnName: string): string {
  return `system:serviceaccount:${clusterName}:${addOnServiceAccount(addOnName)}`
}

/** The Role and RoleBinding, in the cluster's namespace on the hub, by which the agent may ask for that token. */
export function addOnTokenRole(addOnName: string): string {
  return `${addOnName}-token-role`
}
