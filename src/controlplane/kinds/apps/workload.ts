import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import {
  compileLabelSelector,
  type Labels,
  labelSelectorErrors,
  type StructuredLabelSelector,
} from '../../selectors/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import type { PodTemplateSpec } from '../pod/index.ts'

/** What the kinds of apps/v1 have in common that run pods from a template (kubernetes, apis/apps/validation). */

export type Selector = StructuredLabelSelector & JsonObject

export interface WorkloadSpec extends JsonObject {
  readonly replicas?: number
  /** Null where there is none, as Go writes it. */
  readonly selector?: Selector | null | undefined
  readonly template: PodTemplateSpec
  readonly minReadySeconds?: number
  readonly revisionHistoryLimit?: number
}

/** Counters, by their names. */
export type WorkloadStatus = Readonly<Record<string, number | undefined>>

export function requiredSelectorErrors(selector: Selector | null | undefined, owner: string): FieldError[] {
  if (!selector) return [required('spec.selector')]
  return [...labelSelectorErrors(selector, 'spec.selector'), ...emptySelectorErrors(selector, owner)]
}

export function emptySelectorErrors(selector: Selector, owner: string): FieldError[] {
  const { matchLabels, matchExpressions } = selector
  if (Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length > 0) return []
  return [invalid('spec.selector', selector, `empty selector is invalid for ${owner}`)]
}

/** No selector at all matches no template, an empty one matches every one. */
export function unmatchedTemplateErrors(
  selector: Selector | null | undefined,
  labels?: Labels,
): FieldError[] {
  if (isUnusable(selector) || compileLabelSelector(selector).matches(labels ?? {})) return []
  return [
    invalid(
      'spec.template.metadata.labels',
      labels as JsonObject | undefined,
      '`selector` does not match template `labels`',
    ),
  ]
}

export function isUnusable(selector: Selector | null | undefined): boolean {
  return selector ? labelSelectorErrors(selector, '').length > 0 : false
}

/** Pods of a template that is kept running never end by themselves. */
export function lastingPodErrors({ spec }: PodTemplateSpec, owner: string): FieldError[] {
  const restartPolicy = spec?.restartPolicy ?? ''
  const path = 'spec.template.spec'
  return [
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${path}.restartPolicy`, restartPolicy, ['Always'])]),
    ...(spec?.activeDeadlineSeconds === undefined
      ? []
      : [forbidden(`${path}.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ]
}

export function countErrors(counts: JsonObject, names: readonly string[], path: string): FieldError[] {
  return names.flatMap((name) => nonNegativeErrors(counts[name] as number | undefined, `${path}.${name}`))
}

/** There are no more of `names` than there are of `whole`. */
export function partErrors(
  status: WorkloadStatus,
  names: readonly string[],
  whole: string,
  wholeName: string,
): FieldError[] {
  return names
    .filter((name) => (status[name] ?? 0) > (status[whole] ?? 0))
    .map((name) => invalid(`status.${name}`, status[name], `cannot be greater than ${wholeName}`))
}

/** A hash that has collided must not be tried again. */
export function collisionErrors(status: WorkloadStatus, old: WorkloadStatus): FieldError[] {
  const [before, after] = [old.collisionCount, status.collisionCount]
  if (before === undefined || (after !== undefined && after >= before)) return []
  return [invalid('status.collisionCount', after ?? 0, 'cannot be decremented')]
}
