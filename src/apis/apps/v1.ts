import type { PodTemplateSpec } from '../core/pod-template.ts'
import type { ConditionStatus, KubeObject, LabelSelector, Time } from '../meta/v1.ts'

/** Unlike other kinds' conditions, it need not say why. */
export interface ReplicaSetCondition {
  readonly type: string
  readonly status: ConditionStatus
  readonly lastTransitionTime?: Time
  readonly reason?: string
  readonly message?: string
}

export interface ReplicaSetStatus {
  readonly replicas: number
  /** Those that have all labels of the template. */
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  /** Those that are being deleted, which `replicas` does not count. */
  readonly terminatingReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly ReplicaSetCondition[]
}

export interface ReplicaSet extends KubeObject {
  readonly spec: {
    /** @default 1 */
    readonly replicas?: number
    /** How long a pod must have been ready to be available. @default 0 */
    readonly minReadySeconds?: number
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
  }
  readonly status?: ReplicaSetStatus
}

/** A number of pods, or a part of those that are wanted, such as `25%`. */
export type IntOrString = number | string

export interface DeploymentSpec {
  /** @default 1 */
  readonly replicas?: number
  readonly selector: LabelSelector
  readonly template: PodTemplateSpec
  readonly strategy?: {
    /** @default RollingUpdate */
    readonly type?: 'Recreate' | 'RollingUpdate'
    readonly rollingUpdate?: { readonly maxUnavailable?: IntOrString; readonly maxSurge?: IntOrString }
  }
  /** @default 0 */
  readonly minReadySeconds?: number
  /** Old ReplicaSets that are kept, to go back to. @default 10 */
  readonly revisionHistoryLimit?: number
  readonly paused?: boolean
  /** @default 600 */
  readonly progressDeadlineSeconds?: number
}

export interface DeploymentCondition extends ReplicaSetCondition {
  readonly type: 'Available' | 'Progressing' | 'ReplicaFailure'
  readonly lastUpdateTime?: Time
}

export interface DeploymentStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly unavailableReplicas?: number
  readonly terminatingReplicas?: number
  readonly conditions?: readonly DeploymentCondition[]
  /** How often the name for a new ReplicaSet was found to be taken by another. */
  readonly collisionCount?: number
}

export interface Deployment extends KubeObject {
  readonly spec: DeploymentSpec
  readonly status?: DeploymentStatus
}
