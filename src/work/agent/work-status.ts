import type { Condition } from '../../apis/meta/v1.ts'
import { MANIFEST_APPLIED_REASON, MANIFEST_CONDITION, WORK_CONDITION } from '../../apis/work/constants.ts'
import type { ManifestCondition, ManifestWork, ManifestWorkStatus } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import { isConditionTrue, type NewCondition, removeCondition, setCondition } from '../../kube/index.ts'
import { IgnoreFieldError } from './apply/errors.ts'
import type { ManifestTask, Sighting } from './manifest-task.ts'
import { aggregateConditions, appliedCondition, withoutOldRules } from './status/aggregate-conditions.ts'
import { FEEDBACK_CONDITION, withoutRoom } from './status/feedback.ts'
import { mergeManifestConditions } from './status/merge-conditions.ts'
import type { Reading } from './status/reading.ts'
import { shortMessage } from './status/short-message.ts'

/** What the values of all manifests may take, as JSON: with them the work has to fit into what an API server stores. */
const MOST_FEEDBACK_CHARACTERS = 512 * 1024

export interface ReportedManifest {
  readonly task: ManifestTask
  /** Of its object, if that was seen. */
  readonly reading: Reading | undefined
}

/** A work that is complete is not applied any more. */
export function isWorkComplete(status: ManifestWorkStatus | undefined): boolean {
  return isConditionTrue(status?.conditions, WORK_CONDITION.complete)
}

/** What the hub is told of a work whose manifests have been dealt with. */
export function workStatus(
  { metadata, status = {} }: Pick<ManifestWork, 'metadata' | 'status'>,
  manifests: readonly ReportedManifest[],
  nowMs: number,
): ManifestWorkStatus {
  const { generation = 0 } = metadata
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
  let room = MOST_FEEDBACK_CHARACTERS
  const seen = merged.map((condition) => {
    const manifest = byOrdinal.get(condition.resourceMeta.ordinal)
    if (!manifest) return condition
    room -= manifest.reading?.feedback.size ?? 0
    return withSighting(condition, manifest, { generation, nowMs, hasRoom: room >= 0 })
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
  return { ...base, status: 'False', reason, message: shortMessage(`${what}: ${error.message}`) }
}

interface Circumstances {
  readonly generation: number
  readonly nowMs: number
  /** For the manifest's values. */
  readonly hasRoom: boolean
}

function withSighting(
  manifest: ManifestCondition,
  { task, reading }: ReportedManifest,
  { generation, nowMs, hasRoom }: Circumstances,
): ManifestCondition {
  const available = availability(task)
  if (!reading || !task.target)
    return { ...manifest, conditions: [...setCondition(manifest.conditions, available, nowMs)] }
  const feedback = hasRoom ? reading.feedback : withoutRoom(MOST_FEEDBACK_CHARACTERS)
  const before = manifest.statusFeedback?.values ?? []
  const isSame = sameJson(before as unknown as JsonValue, feedback.values as unknown as JsonValue)
  const known = isSame ? manifest.conditions : removeCondition(manifest.conditions, FEEDBACK_CONDITION)
  const ruled = reading.conditions.map((each) => ({ ...each, observedGeneration: generation }))
  // A rule may speak of the availability, too, and has the last word: a condition is set once, so that it changes only when it does.
  const byType = new Map([available, feedback.condition, ...ruled].map((each) => [each.type, each]))
  const conditions = [...byType.values()].reduce<readonly Condition[]>(
    (all, condition) => setCondition(all, condition, nowMs),
    known,
  )
  return {
    ...manifest,
    statusFeedback: feedback.values.length > 0 ? { values: [...feedback.values] } : {},
    conditions: [...withoutOldRules(conditions, generation)],
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
    const message = shortMessage(`Failed to fetch resource: ${sighting.message}`)
    return { status: 'Unknown', reason: 'FetchingResourceFailed', message }
  }
  return { status: 'True', reason: 'ResourceAvailable', message: 'Resource is available' }
}
