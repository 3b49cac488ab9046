import type { Condition, KubeObject } from '../../apis/meta/v1.ts'
import { findCondition } from '../../kube/client.ts'

/** A ClusterManager or a Klusterlet, as far as its operator says how far it is. */
interface Operated extends KubeObject {
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

/** What keeps an operator from having applied an object as it is wanted now, as far as it says; undefined when it has. */
export function unapplied(object: Operated | undefined): string | undefined {
  const { generation = 0 } = object?.metadata ?? {}
  const { observedGeneration = 0, conditions = [] } = object?.status ?? {}
  for (const type of ['ReadyToApply', 'Applied']) {
    const condition = findCondition(conditions, type)
    if (condition?.status === 'False') return `${condition.reason}: ${condition.message}`
  }
  const isSeen = object !== undefined && observedGeneration >= generation
  return isSeen && findCondition(conditions, 'Applied') ? undefined : 'the operator has not looked at it yet'
}
