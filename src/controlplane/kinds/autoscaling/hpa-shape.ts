import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'

/** A HorizontalPodAutoscaler of autoscaling/v2, in which it is kept. */

export interface ObjectReference extends JsonObject {
  readonly kind: string
  readonly name: string
  readonly apiVersion?: string
}

export interface MetricTarget extends JsonObject {
  readonly type: string
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

export interface MetricSource extends JsonObject {
  readonly target: MetricTarget
  readonly describedObject?: ObjectReference
  readonly metric?: JsonObject & { readonly name: string }
  /** Of a resource, such as `cpu`. */
  readonly name?: string
  readonly container?: string
}

export interface Metric extends JsonObject {
  readonly type: string
  readonly object?: MetricSource
  readonly pods?: MetricSource
  readonly resource?: MetricSource
  readonly containerResource?: MetricSource
  readonly external?: MetricSource
}

export interface ScalingPolicy extends JsonObject {
  readonly type: string
  readonly value: number
  readonly periodSeconds: number
}

export interface ScalingRules extends JsonObject {
  readonly stabilizationWindowSeconds?: number
  readonly selectPolicy?: string
  readonly policies?: readonly ScalingPolicy[]
  readonly tolerance?: string
}

export interface Autoscaler extends KubeObject {
  readonly spec: JsonObject & {
    readonly scaleTargetRef: ObjectReference
    readonly minReplicas?: number
    readonly maxReplicas: number
    readonly metrics?: readonly Metric[]
    readonly behavior?: JsonObject & { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules }
  }
  readonly status: JsonObject & {
    readonly observedGeneration?: number
    readonly lastScaleTime?: string
    readonly currentReplicas?: number
    readonly desiredReplicas?: number
    readonly currentMetrics?: readonly JsonObject[] | null
    readonly conditions?: readonly JsonObject[]
  }
}
