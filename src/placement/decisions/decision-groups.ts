import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { PlacementSpec } from '../../apis/cluster/v1beta1.ts'
import { MisconfiguredError } from '../plugin-status.ts'
import { nameOf } from '../scheduling-view.ts'
import { groupMatcher } from '../selection/cluster-selector.ts'

export interface DecisionGroup {
  /** Empty for clusters that no group asks for. */
  readonly name: string
  /** Names of clusters, sorted. */
  readonly clusters: readonly string[]
}

/**
 * The chosen clusters in groups: those that the strategy names first, in its order, the rest behind them, none larger than it
 * allows. At least one group, which may be empty.
 *
 * @throws MisconfiguredError
 */
export function decisionGroups(
  { decisionStrategy }: PlacementSpec,
  chosen: readonly ManagedCluster[],
): readonly DecisionGroup[] {
  const { clustersPerDecisionGroup = '100%', decisionGroups: declared = [] } =
    decisionStrategy?.groupStrategy ?? {}
  const size = groupSize(clustersPerDecisionGroup, chosen.length)
  const left = new Map(chosen.map((cluster) => [nameOf(cluster), cluster]))
  const groups: DecisionGroup[] = []
  for (const { groupName, groupClusterSelector } of declared) {
    const matches = groupMatcher(groupClusterSelector ?? {}, '')
    const members = [...left.values()].filter(matches).map(nameOf)
    for (const name of members) left.delete(name)
    groups.push(...divided(groupName, members, size))
  }
  groups.push(...divided('', [...left.keys()], size))
  return groups.length > 0 ? groups : [{ name: '', clusters: [] }]
}

function divided(name: string, members: readonly string[], size: number): DecisionGroup[] {
  const sorted = members.toSorted()
  const groups: DecisionGroup[] = []
  for (let start = 0; start < sorted.length; start += size)
    groups.push({ name, clusters: sorted.slice(start, start + size) })
  return groups
}

/** At most `total`, and at least one. */
function groupSize(wanted: number | string, total: number): number {
  const size = typeof wanted === 'number' ? wanted : Math.ceil((percentage(wanted) / 100) * total)
  return size <= 0 || size > total ? Math.max(1, total) : size
}

function percentage(text: string): number {
  const percent = /^[+-]?\d+(?:\.\d+)?%$/.test(text) ? Number.parseFloat(text) : Number.NaN
  if (Number.isNaN(percent))
    throw new MisconfiguredError('', `${text} invalid type: string is not a percentage`)
  return percent
}
