import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import { olderFirst } from './replica-set-lists.ts'
import { numberIn, REVISION } from './revisions.ts'
import { replicasOf } from './rollout-bounds.ts'

const DEFAULT_LIMIT = 10

/** Old ReplicaSets beyond those that are kept to go back to: the earliest revisions, if they have no pods any more. */
export function obsoleteRevisions({ spec }: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const alive = old.filter(({ metadata }) => !metadata.deletionTimestamp)
  const excess = Math.max(alive.length - (spec.revisionHistoryLimit ?? DEFAULT_LIMIT), 0)
  return alive.sort(earlierFirst).slice(0, excess).filter(isEmpty)
}

function earlierFirst(one: ReplicaSet, other: ReplicaSet): number {
  return (numberIn(one, REVISION) ?? 0) - (numberIn(other, REVISION) ?? 0) || olderFirst(one, other)
}

function isEmpty(set: ReplicaSet): boolean {
  const { metadata, status } = set
  const isObserved = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0)
  return isObserved && replicasOf(set) === 0 && (status?.replicas ?? 0) === 0
}
