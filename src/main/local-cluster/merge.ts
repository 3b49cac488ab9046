import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import {
  addressRanges,
  type ClusterFacts,
  type ClusterFolder,
  type ClusterStore,
  contextName,
  mergeKubeconfig,
  removeFromKubeconfig,
} from '../../local-cluster/clusters/index.ts'

/** @throws ConfigError when it was never started, and so has none */
export async function readAdminKubeconfig({ facts, folder }: ClusterFolder): Promise<string> {
  try {
    return await readFile(path.join(folder, 'admin.kubeconfig'), 'utf8')
  } catch (cause) {
    throw new ConfigError(
      `cluster ${facts.name} has no kubeconfig yet: ${errorMessage(cause)}; start it by: cluster-proxy local-cluster start ${facts.name}`,
      { cause },
    )
  }
}

/** Remembers where, so that the context goes when the cluster does. */
export async function mergeCluster(store: ClusterStore, cluster: ClusterFolder, file: string): Promise<void> {
  await mergeKubeconfig(file, await readAdminKubeconfig(cluster))
  const { facts } = cluster
  if (!facts.mergedInto.includes(file))
    await store.update({ ...facts, mergedInto: [...facts.mergedInto, file] })
}

export async function unmergeCluster({ facts }: ClusterFolder): Promise<void> {
  for (const file of facts.mergedInto)
    await removeFromKubeconfig(file, contextName(facts.name), serverOf(facts))
}

/** Where its API server listens. */
export function serverOf({ slot, port }: ClusterFacts): string {
  return `https://${addressRanges(slot).node}:${port}`
}
