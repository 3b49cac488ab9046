import type { APIResource } from '../apis/meta/v1.ts'
import { isNotFound, type KubeClient } from '../kube/client.ts'
import { CommandError } from './failure.ts'

const HUB = { path: '/apis/cluster.open-cluster-management.io/v1', plural: 'managedclusters' }
const MANAGED = { path: '/apis/cluster.open-cluster-management.io/v1alpha1', plural: 'clusterclaims' }
const OPERATOR = { path: '/apis/operator.open-cluster-management.io/v1' }

/** Rejects with a CommandError where the cluster does not serve what only a hub serves. */
export async function requireHub(cluster: KubeClient, signal?: AbortSignal): Promise<void> {
  if (await serves(cluster, HUB.path, HUB.plural, signal)) return
  throw new CommandError(
    'hub oriented command should not running against non-hub cluster\nChoose the context of a hub with --context, or make this cluster one with "clusteradm init".',
  )
}

/** The same for a cluster that is managed. */
export async function requireManagedCluster(cluster: KubeClient, signal?: AbortSignal): Promise<void> {
  if (await serves(cluster, MANAGED.path, MANAGED.plural, signal)) return
  throw new CommandError(
    'managed cluster oriented command should not running against non-managed cluster\nChoose the context of a managed cluster with --context, or have this one join a hub with "clusteradm join".',
  )
}

/** Whether a kind of the operator is served: `clustermanagers` or `klusterlets`. */
export function servesOperatorKind(
  cluster: KubeClient,
  plural: string,
  signal?: AbortSignal,
): Promise<boolean> {
  return serves(cluster, OPERATOR.path, plural, signal)
}

export function servesHub(cluster: KubeClient, signal?: AbortSignal): Promise<boolean> {
  return serves(cluster, HUB.path, HUB.plural, signal)
}

async function serves(
  cluster: KubeClient,
  path: string,
  plural: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const list = await cluster.request<{ resources?: readonly APIResource[] }>({
      method: 'GET',
      path,
      signal,
    })
    return (list.resources ?? []).some(({ name }) => name === plural)
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}
