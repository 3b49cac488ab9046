import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { StructuredLabelSelector } from '../../selectors/index.ts'
import type { PodTemplateSpec } from '../pod/index.ts'

/** The objects of batch/v1, as far as the server looks into them. */

export interface FailureRule extends JsonObject {
  readonly action: string
  readonly onExitCodes?: JsonObject & {
    readonly containerName?: string
    readonly operator: string
    readonly values?: readonly number[] | null
  }
  readonly onPodConditions?: readonly (JsonObject & { readonly type: string; readonly status: string })[]
}

export interface SuccessRule extends JsonObject {
  readonly succeededIndexes?: string
  readonly succeededCount?: number
}

export interface JobSpec extends JsonObject {
  readonly parallelism?: number
  readonly completions?: number
  readonly activeDeadlineSeconds?: number
  readonly podFailurePolicy?: JsonObject & { readonly rules?: readonly FailureRule[] | null }
  readonly successPolicy?: JsonObject & { readonly rules?: readonly SuccessRule[] | null }
  readonly backoffLimit?: number
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly selector?: StructuredLabelSelector & JsonObject
  readonly manualSelector?: boolean
  readonly template: PodTemplateSpec
  readonly ttlSecondsAfterFinished?: number
  readonly completionMode?: string
  readonly suspend?: boolean
  readonly podReplacementPolicy?: string
  readonly managedBy?: string
}

export interface JobStatus extends JsonObject {
  readonly conditions?: readonly (JsonObject & { readonly type: string; readonly status: string })[]
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly terminating?: number
  readonly ready?: number
  readonly completedIndexes?: string
  readonly failedIndexes?: string
  readonly uncountedTerminatedPods?: JsonObject & {
    readonly succeeded?: readonly string[]
    readonly failed?: readonly string[]
  }
}

export interface Job extends KubeObject {
  readonly spec: JobSpec
  readonly status: JobStatus
}

export interface CronJob extends KubeObject {
  readonly spec: JsonObject & {
    readonly schedule: string
    readonly timeZone?: string
    readonly startingDeadlineSeconds?: number
    readonly concurrencyPolicy?: string
    readonly suspend?: boolean
    readonly jobTemplate: JsonObject & { readonly spec: JobSpec }
    readonly successfulJobsHistoryLimit?: number
    readonly failedJobsHistoryLimit?: number
  }
}
