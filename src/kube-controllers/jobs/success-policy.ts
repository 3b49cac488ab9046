import type { JobSpec } from '../../apis/batch/v1.ts'
import { Indexes } from './indexes.ts'

/** Which rule of the policy is met by what has succeeded, in words; undefined where none is. */
export function successMessage(
  { successPolicy, completions = 0 }: JobSpec,
  succeeded: Indexes,
): string | undefined {
  if (succeeded.size === 0) return undefined
  const met = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && succeeded.size >= succeededCount
    const required = Indexes.parse(succeededIndexes, completions)
    if (required.size === 0) return false
    const common = required.overlap(succeeded)
    return common === required.size || (succeededCount !== undefined && common >= succeededCount)
  })
  return met < 0 ? undefined : `Matched rules at index ${met}`
}
