import type { PodTemplateSpec } from '../core/pod-template.ts'
import type { ConditionStatus, KubeObject, LabelSelector, Time } from '../meta/v1.ts'

export interface PodFailurePolicyRule {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  readonly onExitCodes?: {
    readonly containerName?: string
    readonly operator: 'In' | 'NotIn'
    readonly values?: readonly number[] | null
  }
  readonly onPodConditions?: readonly { readonly type: string; readonly status: ConditionStatus }[]
}

export interface SuccessPolicyRule {
  /** Such as `0,2-4`. */
  readonly succeededIndexes?: string
  readonly succeededCount?: number
}

export interface JobSpec {
  /** @default 1 */
  readonly parallelism?: number
  /** Absent: it is done when one pod has succeeded, and all have ended. */
  readonly completions?: number
  readonly activeDeadlineSeconds?: number
  readonly podFailurePolicy?: { readonly rules?: readonly PodFailurePolicyRule[] | null }
  readonly successPolicy?: { readonly rules?: readonly SuccessPolicyRule[] | null }
  /** @default 6 */
  readonly backoffLimit?: number
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly selector?: LabelSelector
  readonly template: PodTemplateSpec
  readonly ttlSecondsAfterFinished?: number
  /** @default NonIndexed */
  readonly completionMode?: 'NonIndexed' | 'Indexed'
  readonly suspend?: boolean
  /** @default TerminatingOrFailed, and Failed with a podFailurePolicy */
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  /** Who looks after it. @default kubernetes.io/job-controller */
  readonly managedBy?: string
}

export type JobConditionType = 'Suspended' | 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet'

export interface JobCondition {
  readonly type: JobConditionType
  readonly status: ConditionStatus
  readonly lastProbeTime?: Time
  readonly lastTransitionTime?: Time
  readonly reason?: string
  readonly message?: string
}

/** The uids of pods that have ended, are not in the counters yet, and may still have the Job's finalizer. */
export interface UncountedTerminatedPods {
  readonly succeeded?: readonly string[]
  readonly failed?: readonly string[]
}

export interface JobStatus {
  readonly conditions?: readonly JobCondition[]
  readonly startTime?: Time
  readonly completionTime?: Time
  readonly active?: number
  readonly ready?: number
  readonly terminating?: number
  readonly succeeded?: number
  readonly failed?: number
  /** Such as `0,2-4`. */
  readonly completedIndexes?: string
  readonly failedIndexes?: string
  readonly uncountedTerminatedPods?: UncountedTerminatedPods
}

export interface Job extends KubeObject {
  readonly spec: JobSpec
  readonly status?: JobStatus
}
