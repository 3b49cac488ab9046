import { CLUSTER_NAME_LABEL } from '../apis/cluster/constants.ts'
import type { Subject } from '../pki/index.ts'

/** Who the agents of managed clusters are to the hub, which both ends must agree on to the letter. */

const PREFIX = 'system:open-cluster-management:'

/** The group of all agents of all clusters. */
export const MANAGED_CLUSTERS_GROUP = `${PREFIX}managed-clusters`

/** The API server signs what it takes for client certificates under this name. */
export const KUBE_CLIENT_SIGNER_NAME = 'kubernetes.io/kube-apiserver-client'

/** What a certificate of an agent is for, in the order of the original. */
export const CLIENT_CERTIFICATE_USAGES = ['digital signature', 'key encipherment', 'client auth'] as const

/** With so many requests of one cluster (or of one of its add-ons) on the hub, its agent makes no more. */
export const MOST_SIGNING_REQUESTS = 10

/** The group of one cluster's agents: the organization in their certificates. */
export function clusterGroup(clusterName: string): string {
  return `${PREFIX}${clusterName}`
}

/** The user of one agent: the common name in its certificate. */
export function clusterUser(clusterName: string, agentName: string): string {
  return `${PREFIX}${clusterName}:${agentName}`
}

/** The inverse of `clusterUser`. Undefined for any other user. */
export function parseClusterUser(user: string): { clusterName: string; agentName: string } | undefined {
  if (!user.startsWith(PREFIX)) return undefined
  const [clusterName, agentName, ...rest] = user.slice(PREFIX.length).split(':')
  return clusterName && agentName && rest.length === 0 ? { clusterName, agentName } : undefined
}

/** Whom the certificate of an agent names. */
export function clusterSubject(clusterName: string, agentName: string): Subject {
  return {
    commonName: clusterUser(clusterName, agentName),
    organizations: [clusterGroup(clusterName), MANAGED_CLUSTERS_GROUP],
  }
}

/** The name of an agent's signing request begins like this. */
export function clusterRequestPrefix(clusterName: string): string {
  return `${clusterName}-`
}

/** Labels are hints only: anybody who may create a request can write them. */
export function clusterRequestLabels(clusterName: string): Readonly<Record<string, string>> {
  return { [CLUSTER_NAME_LABEL]: clusterName }
}
