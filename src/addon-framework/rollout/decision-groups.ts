import { DECISION_GROUP_INDEX_LABEL, DECISION_GROUP_NAME_LABEL } from '../../apis/cluster/constants.ts'
import type { MandatoryDecisionGroup } from '../../apis/cluster/crds/rollout-strategy.ts'
import type { PlacementDecision } from '../../apis/cluster/v1beta1.ts'

/** Clusters that a Placement has put together. */
export interface DecisionGroup {
  readonly index: number
  /** May be empty. */
  readonly name: string
  readonly clusters: ReadonlySet<string>
}

/** The groups of a Placement's decisions, in their order. Decisions that name no group are of the first. */
export function groupsOfDecisions(decisions: readonly PlacementDecision[]): readonly DecisionGroup[] {
  const groups = new Map<string, { index: number; name: string; clusters: Set<string> }>()
  for (const { metadata, status } of decisions) {
    const name = metadata.labels?.[DECISION_GROUP_NAME_LABEL] ?? ''
    const index = Number.parseInt(metadata.labels?.[DECISION_GROUP_INDEX_LABEL] ?? '', 10) || 0
    const key = `${index}/${name}`
    const group = groups.get(key) ?? { index, name, clusters: new Set<string>() }
    groups.set(key, group)
    for (const { clusterName } of status?.decisions ?? []) group.clusters.add(clusterName)
  }
  return [...groups.values()].sort((a, b) => a.index - b.index)
}

export function clustersOf(groups: readonly DecisionGroup[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ clusters }) => [...clusters]))
}

/** The groups that come first, and the others. A name is looked at before an index. */
export function partitionGroups(
  groups: readonly DecisionGroup[],
  mandatory: readonly MandatoryDecisionGroup[] = [],
): { readonly mandatory: readonly DecisionGroup[]; readonly others: readonly DecisionGroup[] } {
  const isMandatory = ({ name, index }: DecisionGroup) =>
    mandatory.some(({ groupName, groupIndex = 0 }) => (groupName ? name === groupName : index === groupIndex))
  return {
    mandatory: groups.filter(isMandatory),
    others: groups.filter((group) => !isMandatory(group)),
  }
}
