import type { Condition } from '../../apis/meta/v1.ts'
import { MANIFEST_APPLIED_REASON, MANIFEST_CONDITION, WORK_CONDITION } from '../../apis/work/constants.ts'
import type { ManifestCondition, ManifestWork, ManifestWorkStatus } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import { isConditionTrue, type NewCondition, removeCondition, setCondition } from '../../kube/index.ts'
import { IgnoreFieldError } from './apply/errors.ts'
import type { ManifestConfig } from './manifest-config.ts'
import type { ManifestTask, Sighting } from './manifest-task.ts'
import { aggregateConditions, appliedCondition, withoutOldRules } from './status/aggregate-conditions.ts'
import { evaluateRules } from './status/condition-rules.ts'
import { FEEDBACK_CONDITION, type FeedbackOptions, readFeedback } from './status/feedback.ts'
import { mergeManifestConditions } from './status/merge-conditions.ts'

export interface ReportedManifest {
  readonly task: ManifestTask
  readonly config: ManifestConfig
}

export interface StatusOptions extends FeedbackOptions {
  readonly nowMs: number
}

/** A work that is complete is not applied any more. */
export function isWorkComplete(status: ManifestWorkStatus | undefined): boolean {
  return isConditionTrue(status?.conditions, WORK_CONDITION.complete)
}

/** What the hub is told of a work whose manifests have been dealt with. */
export function workStatus(
  { metadata, status = {} }: Pick<ManifestWork, 'metadata' | 'status'>,
  manifests: readonly ReportedManifest[],
  options: StatusOptions,
): ManifestWorkStatus {
  const { generation = 0 } = metadata
  const { nowMs } = options
  const isComplete = isWorkComplete(status)
  const merged = isComplete
    ? (status.resourceStatus?.manifests ?? [])
    : mergeManifestConditions(
        status.resourceStatus?.manifests ?? [],
        manifests.map(({ task }) => ({
          resourceMeta: task.meta,
          conditions: [manifestApplied(task.error, generation)],
        })),
        nowMs,
      )
  const byOrdinal = new Map(manifests.map((each) => [each.task.meta.ordinal, each]))
  const seen = merged.map((condition) => {
    const manifest = byOrdinal.get(condition.resourceMeta.ordinal)
    return manifest ? withSighting(condition, manifest, generation, options) : condition
  })
  const applied = isComplete ? undefined : appliedCondition(seen, generation)
  const found = [...(applied ? [applied] : []), ...aggregateConditions(seen, generation)]
  const conditions = found.reduce<readonly Condition[]>(
    (all, condition) => setCondition(all, condition, nowMs),
    status.conditions ?? [],
  )
  return {
    ...status,
    conditions: [...withoutOldRules(conditions, generation)],
    resourceStatus: { manifests: seen },
  }
}

function manifestApplied(error: Error | undefined, observedGeneration: number): NewCondition {
  const base = { type: MANIFEST_CONDITION.applied, observedGeneration }
  if (!error)
    return {
      ...base,
      status: 'True',
      reason: MANIFEST_APPLIED_REASON.complete,
      message: 'Apply manifest complete',
    }
  const isIgnoreField = error instanceof IgnoreFieldError
  const what = isIgnoreField ? 'Failed to process ignoreFields' : 'Failed to apply manifest'
  const reason = isIgnoreField ? MANIFEST_APPLIED_REASON.ignoreFieldError : MANIFEST_APPLIED_REASON.failed
  return { ...base, status: 'False', reason, message: `${what}: ${error.message}` }
}

function withSighting(
  manifest: ManifestCondition,
  { task, config }: ReportedManifest,
  generation: number,
  options: StatusOptions,
): ManifestCondition {
  const { nowMs } = options
  const { sighting } = task
  const conditions = setCondition(manifest.conditions, availability(task), nowMs)
  if (sighting === null || sighting instanceof Error || !task.target)
    return { ...manifest, conditions: [...conditions] }
  const feedback = readFeedback(sighting, config.feedbackRules, options)
  const before = manifest.statusFeedback?.values ?? []
  const isSame = sameJson(before as unknown as JsonValue, feedback.values as unknown as JsonValue)
  const withFeedback = setCondition(
    isSame ? conditions : removeCondition(conditions, FEEDBACK_CONDITION),
    feedback.condition,
    nowMs,
  )
  const withRules = evaluateRules(sighting, config.conditionRules).reduce(
    (all, condition) => setCondition(all, { ...condition, observedGeneration: generation }, nowMs),
    withFeedback,
  )
  const { statusFeedback: _, ...rest } = manifest
  return {
    ...rest,
    statusFeedback: feedback.values.length > 0 ? { values: [...feedback.values] } : {},
    conditions: [...withoutOldRules(withRules, generation)],
  }
}

function availability({ target, meta, sighting }: ManifestTask): NewCondition {
  const type = MANIFEST_CONDITION.available
  if (!target || !meta.name || !meta.version)
    return {
      type,
      status: 'Unknown',
      reason: 'IncompleteResourceMeta',
      message: 'Resource meta is incomplete',
    }
  return { type, ...visibility(sighting) }
}

function visibility(sighting: Sighting): Pick<NewCondition, 'status' | 'reason' | 'message'> {
  if (sighting === null)
    return { status: 'False', reason: 'ResourceNotAvailable', message: 'Resource is not available' }
  if (sighting instanceof Error) {
    const message = `Failed to fetch resource: ${sighting.message}`
    return { status: 'Unknown', reason: 'FetchingResourceFailed', message }
  }
  return { status: 'True', reason: 'ResourceAvailable', message: 'Resource is available' }
}
