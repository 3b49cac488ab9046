import type { Condition } from '../../../apis/meta/v1.ts'
import type { ManifestCondition, ManifestResourceMeta } from '../../../apis/work/v1.ts'
import { findCondition, type NewCondition, removeCondition, setCondition } from '../../../kube/index.ts'

/** A manifest with conditions that were found out just now. */
export interface NewManifestCondition {
  readonly resourceMeta: ManifestResourceMeta
  readonly conditions: readonly NewCondition[]
}

/**
 * The states of the manifests that there are now: each with what is known of it already, which is found by its whole identity or,
 * where that is not there, by all of it but the ordinal. A condition of another generation begins anew (ocm, helper.MergeManifestConditions).
 */
export function mergeManifestConditions(
  existing: readonly ManifestCondition[],
  found: readonly NewManifestCondition[],
  nowMs: number,
): readonly ManifestCondition[] {
  const byIdentity = new Map(existing.map((each) => [identityOf(each.resourceMeta), each]))
  const byObject = uniqueByObject(existing)
  return found.map(({ resourceMeta, conditions }) => {
    const known = byIdentity.get(identityOf(resourceMeta)) ?? byObject.get(objectOf(resourceMeta))
    const merged = conditions.reduce<readonly Condition[]>(
      (all, condition) => mergeCondition(all, condition, nowMs),
      known?.conditions ?? [],
    )
    return { resourceMeta, statusFeedback: known?.statusFeedback ?? {}, conditions: [...merged] }
  })
}

function mergeCondition(
  conditions: readonly Condition[],
  condition: NewCondition,
  nowMs: number,
): readonly Condition[] {
  const known = findCondition(conditions, condition.type)
  const isOfOtherGeneration = known && known.observedGeneration !== condition.observedGeneration
  const kept = isOfOtherGeneration ? removeCondition(conditions, condition.type) : conditions
  return setCondition(kept, condition, nowMs)
}

/** Finds what is known of a manifest by all but its ordinal; of several, the first. */
export function manifestConditionFinder(
  conditions: readonly ManifestCondition[],
): (meta: ManifestResourceMeta) => ManifestCondition | undefined {
  const byObject = new Map(conditions.toReversed().map((each) => [objectOf(each.resourceMeta), each]))
  return (meta) => byObject.get(objectOf(meta))
}

function identityOf(meta: ManifestResourceMeta): string {
  return `${meta.ordinal ?? 0} ${objectOf(meta)}`
}

const NOTHING = JSON.stringify(['', '', '', '', '', ''])

function objectOf(meta: ManifestResourceMeta): string {
  const { group = '', version = '', kind = '', resource = '', name = '', namespace = '' } = meta
  return JSON.stringify([group, version, kind, resource, name, namespace])
}

function uniqueByObject(conditions: readonly ManifestCondition[]): ReadonlyMap<string, ManifestCondition> {
  const unique = new Map<string, ManifestCondition>()
  const repeated = new Set([NOTHING])
  for (const condition of conditions) {
    const object = objectOf(condition.resourceMeta)
    if (unique.has(object)) repeated.add(object)
    unique.set(object, condition)
  }
  for (const object of repeated) unique.delete(object)
  return unique
}
