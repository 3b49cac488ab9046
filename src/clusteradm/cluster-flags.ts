import { listFlag, stringFlag } from '../common/flags.ts'
import { CommandError } from './failure.ts'

/** How commands are told which managed clusters they are for. */
export const CLUSTER_FLAGS = {
  cluster: stringFlag('', 'Name of a managed cluster.', { shorthand: 'c', placeholder: 'NAME' }),
  clusters: listFlag([], 'Names of managed clusters.', { placeholder: 'NAMES' }),
} as const

interface ClusterValues {
  readonly cluster: string
  readonly clusters: readonly string[]
}

/** The names of both flags, each once and sorted. Throws a CommandError for an empty one. */
export function clusterNames({ cluster, clusters }: ClusterValues): string[] {
  if (clusters.includes('')) throw new CommandError('--clusters cannot be set as an empty value')
  return [...new Set([...clusters, ...(cluster === '' ? [] : [cluster])])].sort()
}

/** The same, where at least one must be named. */
export function requiredClusterNames(values: ClusterValues): string[] {
  const names = clusterNames(values)
  if (names.length === 0) throw new CommandError('either --cluster or --clusters needs to be set')
  return names
}
