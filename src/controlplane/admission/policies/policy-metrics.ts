import type { Registry } from 'prom-client'
import { MetricFactory } from '../../../common/metric-factory.ts'

/** From half a microsecond on. */
const CHECK_BUCKETS_SECONDS = [0.0000005, 0.001, 0.01, 0.1, 1]

/** What went wrong in the evaluation of an expression. */
export type EvaluationErrorType = 'no_error' | 'compile_error' | 'invalid_error' | 'out_of_budget'

export interface CheckLabels {
  readonly policy: string
  readonly binding: string
  readonly errorType: EvaluationErrorType
}

/** What came of an expression that did not let a request in. */
export type EnforcementAction = 'allow' | 'deny' | 'warn' | 'audit'

/**
 * What is counted of policies: of those that validate, what they have something against; of those that mutate, each mutation
 * (k8s.io/apiserver, policy/validating/metrics and policy/mutating/metrics). One for a registry.
 */
export class PolicyMetrics {
  readonly #validating
  readonly #mutating

  constructor(registry: Registry) {
    const labels = ['policy', 'policy_binding', 'error_type'] as const
    this.#validating = checks(registry, 'validating', [...labels, 'enforcement_action'])
    this.#mutating = checks(registry, 'mutating', [...labels])
  }

  observeValidation(check: CheckLabels, action: EnforcementAction, seconds: number): void {
    const labels = { ...labelsOf(check), enforcement_action: action }
    this.#validating.total.inc(labels)
    this.#validating.durations.observe(labels, seconds)
  }

  observeMutation(check: CheckLabels, seconds: number): void {
    const labels = labelsOf(check)
    this.#mutating.total.inc(labels)
    this.#mutating.durations.observe(labels, seconds)
  }
}

function checks<Label extends string>(registry: Registry, kind: string, labels: Label[]) {
  const make = new MetricFactory(registry, `apiserver_${kind}_admission_policy`)
  return {
    total: make.counter('check_total', `Checks of ${kind} admission policies, by how they ended.`, labels),
    durations: make.histogram(
      'check_duration_seconds',
      `Time that checks of ${kind} admission policies took, in seconds.`,
      CHECK_BUCKETS_SECONDS,
      labels,
    ),
  }
}

function labelsOf({ policy, binding, errorType }: CheckLabels) {
  return { policy, policy_binding: binding, error_type: errorType }
}
