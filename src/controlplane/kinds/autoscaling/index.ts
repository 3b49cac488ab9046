import { type KindEntry, KindTable, statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { withAutoscalerDefaults } from './hpa-defaults.ts'
import type { Autoscaler } from './hpa-shape.ts'
import { autoscalerErrors, autoscalerStatusErrors } from './hpa-validation.ts'

export { fromAutoscalingV1, toAutoscalingV1 } from './hpa-v1.ts'

const errors = (autoscaler: object) => autoscalerErrors(autoscaler as Autoscaler)

const HPA_STRATEGY = strategyWithStatus({
  withDefaults: withAutoscalerDefaults,
  validate: errors,
  validateUpdate: errors,
})

const HPA_STATUS_STRATEGY = statusStrategy(HPA_STRATEGY, {
  validateUpdate: (autoscaler) => autoscalerStatusErrors(autoscaler as Autoscaler),
})

export const AUTOSCALING_KINDS: readonly KindEntry[] = [
  new KindTable('autoscaling', 'v2').namespaced(
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
    HPA_STRATEGY,
    { subresources: { status: HPA_STATUS_STRATEGY } },
  ),
]
