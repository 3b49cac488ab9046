import type { Node, ResourceList } from '../../../apis/core/node.ts'
import { sumQuantities } from './quantity-sum.ts'

export interface ClusterResources {
  readonly capacity: ResourceList
  readonly allocatable: ResourceList
}

/**
 * What all nodes have, and what those have for Pods that take any. Others may say what the cluster has as well: `known` entries
 * that no node has are kept.
 */
export function clusterResources(
  nodes: readonly Node[],
  known: Readonly<Record<string, string | number>> = {},
): ClusterResources {
  const schedulable = nodes.filter(({ spec }) => !spec?.unschedulable)
  return {
    capacity: { ...textsOf(known), ...sum(nodes.map(({ status }) => status?.capacity ?? {})) },
    allocatable: sum(schedulable.map(({ status }) => status?.allocatable ?? {})),
  }
}

function sum(lists: readonly ResourceList[]): ResourceList {
  const amounts = new Map<string, string[]>()
  for (const list of lists) {
    for (const [name, amount] of Object.entries(list)) {
      const others = amounts.get(name)
      if (others) others.push(amount)
      else amounts.set(name, [amount])
    }
  }
  return Object.fromEntries([...amounts].map(([name, texts]) => [name, sumQuantities(texts)]))
}

/** YAML of people has numbers. */
function textsOf(list: Readonly<Record<string, string | number>>): ResourceList {
  return Object.fromEntries(Object.entries(list).map(([name, amount]) => [name, String(amount)]))
}
