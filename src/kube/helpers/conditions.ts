import type { Condition } from '../../apis/meta/v1.ts'
import { timeText } from '../clock.ts'

/** A condition as a reconciler knows it: when it changed last is found out. */
export interface NewCondition extends Omit<Condition, 'lastTransitionTime'> {
  readonly lastTransitionTime?: string
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/**
 * The conditions with this one among them, in its place or at the end. Its `lastTransitionTime` is kept as long as its status
 * stays the same. Returns the same array when there is nothing to change, so that a status need not be written.
 */
export function setCondition(
  conditions: readonly Condition[] = [],
  wanted: NewCondition,
  nowMs: number = Date.now(),
): readonly Condition[] {
  const existing = findCondition(conditions, wanted.type)
  const isTransition = existing?.status !== wanted.status
  const lastTransitionTime =
    (isTransition ? wanted.lastTransitionTime : existing?.lastTransitionTime) ?? timeText(nowMs)
  const condition: Condition = { ...existing, ...wanted, lastTransitionTime }
  if (!existing) return [...conditions, condition]
  if (isSame(existing, condition)) return conditions
  return conditions.map((each) => (each === existing ? condition : each))
}

/** The conditions without those of the type; the same array if there are none. */
export function removeCondition(conditions: readonly Condition[] = [], type: string): readonly Condition[] {
  return findCondition(conditions, type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions
}

function isSame(one: Condition, other: Condition): boolean {
  return (
    one.status === other.status &&
    one.reason === other.reason &&
    one.message === other.message &&
    one.observedGeneration === other.observedGeneration &&
    one.lastTransitionTime === other.lastTransitionTime
  )
}
