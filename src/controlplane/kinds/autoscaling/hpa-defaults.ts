import type { KubeObject } from '../../registry/index.ts'
import type { Autoscaler, Metric, ScalingRules } from './hpa-shape.ts'

/** Where nothing is said: so many percent of the CPU that pods request. */
const DEFAULT_METRICS: readonly Metric[] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
]

const PERIOD = { periodSeconds: 15 }

const SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, ...PERIOD },
    { type: 'Percent', value: 100, ...PERIOD },
  ],
}

/** How long it waits to scale down is a flag of the controller's. */
const SCALE_DOWN: ScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, ...PERIOD }],
}

/** What a client may leave out (kubernetes, apis/autoscaling/v2, defaults). */
export function withAutoscalerDefaults(object: KubeObject): KubeObject {
  const { spec } = object as Autoscaler
  const { minReplicas = 1, metrics = [], behavior } = spec
  return {
    ...object,
    spec: {
      ...spec,
      minReplicas,
      metrics: metrics.length === 0 ? DEFAULT_METRICS : metrics,
      ...(behavior
        ? {
            behavior: {
              scaleUp: { ...SCALE_UP, ...behavior.scaleUp },
              scaleDown: { ...SCALE_DOWN, ...behavior.scaleDown },
            },
          }
        : {}),
    },
  }
}
