import type { Condition } from '../../../apis/meta/v1.ts'
import { MANIFEST_CONDITION, WORK_CONDITION } from '../../../apis/work/constants.ts'
import type { ManifestCondition } from '../../../apis/work/v1.ts'
import type { NewCondition } from '../../../kube/index.ts'

const RULE_REASON_PREFIX = 'ConditionRule'

/** A rule has made it. The conditions of works that are made of those count, too. */
export function isMadeByRule({ reason }: Pick<Condition, 'reason'>): boolean {
  return reason.startsWith(RULE_REASON_PREFIX)
}

/** Without those of rules that are there no longer: a rule that goes makes another generation of the work. */
export function withoutOldRules(
  conditions: readonly Condition[],
  generation: number | undefined,
): readonly Condition[] {
  return conditions.filter((each) => !isMadeByRule(each) || each.observedGeneration === generation)
}

interface Count {
  readonly true: number
  readonly false: number
  readonly unknown: number
  /** The last one. */
  readonly message: string
}

const NONE: Count = { true: 0, false: 0, unknown: 0, message: '' }

/** Conditions of a work that are made of its manifests': whether they are available, and what rules say. By type. */
export function aggregateConditions(
  manifests: readonly ManifestCondition[],
  generation: number,
): readonly NewCondition[] {
  const counts = new Map<string, Count>([[MANIFEST_CONDITION.available, NONE]])
  for (const condition of manifests.flatMap(({ conditions }) => conditions)) {
    if (condition.type !== MANIFEST_CONDITION.available && !isMadeByRule(condition)) continue
    counts.set(condition.type, counted(counts.get(condition.type) ?? NONE, condition))
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, count]) => ({
      type,
      ...(type === MANIFEST_CONDITION.available ? available(count, manifests.length) : ofRules(type, count)),
      observedGeneration: generation,
    }))
}

function counted(count: Count, { status, message }: Condition): Count {
  const field = ({ True: 'true', False: 'false', Unknown: 'unknown' } as const)[status]
  return { ...count, [field]: count[field] + 1, message: message || count.message }
}

type Verdict = Pick<NewCondition, 'status' | 'reason' | 'message'>

function available(count: Count, total: number): Verdict {
  if (count.false > 0) {
    const message = `${count.false} of ${total} resources are not available`
    return { status: 'False', reason: 'ResourcesNotAvailable', message }
  }
  if (count.unknown > 0) {
    const message = `${count.unknown} of ${total} resources have unknown status`
    return { status: 'Unknown', reason: 'ResourcesStatusUnknown', message }
  }
  if (count.true === 0)
    return {
      status: 'Unknown',
      reason: 'ResourcesStatusUnknown',
      message: 'cannot get any available resource ',
    }
  return { status: 'True', reason: 'ResourcesAvailable', message: 'All resources are available' }
}

function ofRules(type: string, count: Count): Verdict {
  const total = count.true + count.false + count.unknown
  const message =
    total === 1 && count.message ? count.message : `Aggregated from ${total} manifest conditions`
  return { status: statusOf(type, count), reason: 'ConditionRulesAggregated', message }
}

/** One that progresses is enough for the work to progress; of all else, one that is not is enough for it not to be. */
function statusOf(type: string, count: Count): Condition['status'] {
  if (type === WORK_CONDITION.progressing) {
    if (count.true > 0) return 'True'
    return count.unknown > 0 ? 'Unknown' : 'False'
  }
  if (count.false > 0) return 'False'
  return count.unknown > 0 || count.true === 0 ? 'Unknown' : 'True'
}

/** Whether everything has been applied; undefined where there is nothing. */
export function appliedCondition(
  manifests: readonly ManifestCondition[],
  generation: number,
): NewCondition | undefined {
  const applied = manifests.flatMap(({ conditions }) =>
    conditions.filter(({ type }) => type === MANIFEST_CONDITION.applied),
  )
  if (applied.length === 0) return undefined
  const isComplete = applied.every(({ status }) => status !== 'False')
  return {
    type: WORK_CONDITION.applied,
    status: isComplete ? 'True' : 'False',
    reason: isComplete ? 'AppliedManifestWorkComplete' : 'AppliedManifestWorkFailed',
    message: isComplete ? 'Apply manifest work complete' : 'Failed to apply manifest work',
    observedGeneration: generation,
  }
}
