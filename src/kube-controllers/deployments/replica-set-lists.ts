import type { Deployment, ReplicaSet } from '../../apis/apps/v1.ts'
import { replicasOf } from './rollout-bounds.ts'
import { isSameTemplate } from './template-hash.ts'

/** A Deployment's ReplicaSets: that of its template, once it has been made, and those of templates before. */
export interface Revisions {
  readonly current: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
}

export function allOf({ current, old }: Revisions): readonly ReplicaSet[] {
  return current ? [...old, current] : old
}

/** Of several with the template, the oldest is the one, so that all controllers choose the same. */
export function findCurrent({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(olderFirst).find((set) => isSameTemplate(set.spec.template, spec.template))
}

/** They want pods. */
export function active(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0)
}

/** The only one that wants pods, or the latest where none does; undefined where several do. */
export function activeOrLatest(revisions: Revisions): ReplicaSet | undefined {
  const wanting = active(allOf(revisions))
  if (wanting.length > 1) return undefined
  return wanting[0] ?? revisions.current ?? revisions.old.toSorted(olderFirst).at(-1)
}

/** Pods that are wanted. */
export function sumOfReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + replicasOf(set), 0)
}

type StatusCount = 'replicas' | 'readyReplicas' | 'availableReplicas'

/** Pods that there are. */
export function sumOf(sets: readonly ReplicaSet[], count: StatusCount): number {
  return sets.reduce((sum, { status }) => sum + (status?.[count] ?? 0), 0)
}

export function olderFirst(one: ReplicaSet, other: ReplicaSet): number {
  const [time = '', otherTime = ''] = [one, other].map(({ metadata }) => metadata.creationTimestamp ?? '')
  if (time !== otherTime) return time < otherTime ? -1 : 1
  return (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1
}
