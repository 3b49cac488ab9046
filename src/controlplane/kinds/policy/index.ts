import { type FieldError, invalid, notSupported } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { labelSelectorErrors, type StructuredLabelSelector } from '../../selectors/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import {
  atMost100PercentErrors,
  type IntOrString,
  type KindEntry,
  KindTable,
  positiveIntOrPercentErrors,
  statusStrategy,
  strategyWithStatus,
} from '../strategy/index.ts'

interface DisruptionBudget extends KubeObject {
  readonly spec: JsonObject & {
    readonly minAvailable?: IntOrString
    readonly maxUnavailable?: IntOrString
    readonly selector?: StructuredLabelSelector & JsonObject
    readonly unhealthyPodEvictionPolicy?: string
  }
  readonly status: Readonly<Record<string, number | undefined>>
}

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget']
const COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']

/** What is wrong with a PodDisruptionBudget (kubernetes, apis/policy/validation). */
function budgetErrors({ spec }: DisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...shareErrors(minAvailable, 'spec.minAvailable'),
    ...shareErrors(maxUnavailable, 'spec.maxUnavailable'),
    ...(selector ? labelSelectorErrors(selector, 'spec.selector') : []),
    ...(policy === undefined || EVICTION_POLICIES.includes(policy)
      ? []
      : [notSupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES)]),
  ]
}

function shareErrors(share: IntOrString | undefined, field: string): FieldError[] {
  if (share === undefined) return []
  return [...positiveIntOrPercentErrors(share, field), ...atMost100PercentErrors(share, field)]
}

const errors = (budget: KubeObject) => budgetErrors(budget as DisruptionBudget)

const BUDGET_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  allowsUnconditionalUpdate: false,
  validate: errors,
  validateUpdate: errors,
})

const BUDGET_STATUS_STRATEGY = statusStrategy(BUDGET_STRATEGY, {
  validateUpdate: (budget) =>
    COUNTS.flatMap((name) => nonNegativeErrors((budget as DisruptionBudget).status[name], `status.${name}`)),
})

export const POLICY_KINDS: readonly KindEntry[] = [
  new KindTable('policy').namespaced('poddisruptionbudgets', 'PodDisruptionBudget', BUDGET_STRATEGY, {
    subresources: { status: BUDGET_STATUS_STRATEGY },
  }),
]
