import type { JsonObject, JsonValue } from '../../api/json.ts'
import { type KubeObject, withMeta } from '../../registry/index.ts'
import type { Autoscaler, Metric } from './hpa-shape.ts'

/**
 * autoscaling/v1 knows of one metric, the CPU's utilization. What else there is it carries in annotations, as the original does, so
 * that nothing is lost on the way there and back.
 */

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics'
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics'
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions'
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'

interface AutoscalerV1 extends KubeObject {
  readonly spec: JsonObject & { readonly targetCPUUtilizationPercentage?: number }
  readonly status?: JsonObject & { readonly currentCPUUtilizationPercentage?: number }
}

export function toAutoscalingV1(object: KubeObject): KubeObject {
  const { spec, status, metadata, kind } = object as Autoscaler
  const { metrics = [], behavior, ...restOfSpec } = spec
  const { currentMetrics, conditions = [], ...restOfStatus } = status
  const current = currentMetrics ?? []
  const cpu = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization
  const currentCpu = cpuOf(current.find((metric) => cpuOf(metric) !== undefined))
  const other = metrics.filter((metric) => !isCpuUtilization(metric))
  const annotations = {
    ...metadata.annotations,
    ...carried(METRICS, other),
    ...carried(
      CURRENT_METRICS,
      current.filter((metric) => cpuOf(metric) === undefined),
    ),
    ...carried(CONDITIONS, conditions),
    ...(behavior ? { [BEHAVIOR]: JSON.stringify(behavior) } : {}),
  }
  const converted: KubeObject = {
    kind,
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: { ...restOfSpec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...restOfStatus,
      ...(currentCpu === undefined ? {} : { currentCPUUtilizationPercentage: currentCpu }),
    },
  }
  return Object.keys(annotations).length === 0 ? converted : withMeta(converted, { annotations })
}

export function fromAutoscalingV1(object: KubeObject): KubeObject {
  const { spec, status = {}, kind } = object as AutoscalerV1
  const { annotations, ...metadata } = object.metadata
  const { targetCPUUtilizationPercentage: cpu, ...restOfSpec } = spec
  const { currentCPUUtilizationPercentage: currentCpu, ...restOfStatus } = status
  const carriedNames = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR]
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !carriedNames.includes(name))
  const conditions = listIn(annotations, CONDITIONS)
  const metrics = [
    ...listIn(annotations, METRICS),
    ...(cpu === undefined ? [] : [cpuMetric({ type: 'Utilization', averageUtilization: cpu }, 'target')]),
  ]
  const currentMetrics = [
    ...listIn(annotations, CURRENT_METRICS),
    ...(currentCpu === undefined ? [] : [cpuMetric({ averageUtilization: currentCpu }, 'current')]),
  ]
  const behavior = parsed(annotations?.[BEHAVIOR])
  return {
    kind,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) },
    spec: {
      ...restOfSpec,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(isObject(behavior) ? { behavior } : {}),
    },
    status: {
      ...restOfStatus,
      ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  }
}

function isCpuUtilization({ type, resource }: Metric): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined
}

/** The utilization of the CPU that a current metric tells. */
function cpuOf(metric: JsonObject | undefined): number | undefined {
  const resource = metric?.resource as JsonObject | undefined
  if (metric?.type !== 'Resource' || resource?.name !== 'cpu') return undefined
  return (resource.current as JsonObject | undefined)?.averageUtilization as number | undefined
}

function cpuMetric(value: JsonObject, name: 'target' | 'current'): JsonObject {
  return { type: 'Resource', resource: { name: 'cpu', [name]: value } }
}

function carried(name: string, values: readonly JsonValue[]): Record<string, string> {
  return values.length === 0 ? {} : { [name]: JSON.stringify(values) }
}

function listIn(annotations: Readonly<Record<string, string>> | undefined, name: string): JsonObject[] {
  const value = parsed(annotations?.[name])
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Anybody can write annotations; what is not JSON carries nothing. */
function parsed(text: string | undefined): JsonValue {
  try {
    return JSON.parse(text ?? 'null') as JsonValue
  } catch {
    return null
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
