import {
  DECISION_GROUP_INDEX_LABEL,
  DECISION_GROUP_NAME_LABEL,
  PLACEMENT_LABEL,
} from '../../apis/cluster/constants.ts'
import type { DecisionGroupStatus } from '../../apis/cluster/v1beta1.ts'
import type { DecisionGroup } from './decision-groups.ts'

/** The original's: what an object holds has a limit. */
const MOST_IN_A_DECISION = 100

/** A PlacementDecision as it should be. */
export interface WantedDecision {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly clusters: readonly string[]
}

/** The PlacementDecisions for groups of clusters, numbered from 1 through all groups, and what the Placement says of the groups. */
export function wantedDecisions(
  placement: string,
  groups: readonly DecisionGroup[],
): { readonly decisions: readonly WantedDecision[]; readonly status: readonly DecisionGroupStatus[] } {
  const decisions: WantedDecision[] = []
  const status = groups.map((group, index): DecisionGroupStatus => {
    const labels = {
      [PLACEMENT_LABEL]: placement,
      [DECISION_GROUP_NAME_LABEL]: group.name,
      [DECISION_GROUP_INDEX_LABEL]: String(index),
    }
    const names = pages(group.clusters).map((clusters) => {
      const name = `${placement}-decision-${decisions.length + 1}`
      decisions.push({ name, labels, clusters })
      return name
    })
    return {
      decisionGroupIndex: index,
      decisionGroupName: group.name,
      decisions: names,
      clusterCount: group.clusters.length,
    }
  })
  return { decisions, status }
}

function pages(clusters: readonly string[]): readonly (readonly string[])[] {
  const count = Math.max(1, Math.ceil(clusters.length / MOST_IN_A_DECISION))
  return Array.from({ length: count }, (_, page) =>
    clusters.slice(page * MOST_IN_A_DECISION, (page + 1) * MOST_IN_A_DECISION),
  )
}
