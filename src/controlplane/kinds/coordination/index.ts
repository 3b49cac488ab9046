import { type FieldError, forbidden, invalid, notSupported } from '../../api/field-error.ts'
import type { KubeObject } from '../../registry/index.ts'
import { labelKeyProblems } from '../../selectors/index.ts'
import { type KindEntry, KindTable, strategyOf } from '../strategy/index.ts'

interface Lease extends KubeObject {
  readonly spec: {
    readonly leaseDurationSeconds?: number
    readonly leaseTransitions?: number
    readonly strategy?: string
    readonly preferredHolder?: string
  }
}

const STRATEGIES = ['OldestEmulationVersion']

/** Of a Lease (kubernetes, apis/coordination/validation). */
function leaseErrors({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder = '' } = spec
  const errors: FieldError[] = []
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.push(invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
  if (strategy !== undefined) errors.push(...leaseStrategyErrors(strategy))
  if (preferredHolder !== '' && (strategy ?? '') === '')
    errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
  return errors
}

/** One of Kubernetes' own, or one with a domain. The original names the field twice. */
function leaseStrategyErrors(strategy: string): FieldError[] {
  const field = 'spec.strategy.strategy'
  if (strategy.includes('/'))
    return labelKeyProblems(strategy).map((problem) => invalid(field, strategy, problem))
  return STRATEGIES.includes(strategy) ? [] : [notSupported(field, strategy, STRATEGIES)]
}

const errors = (lease: KubeObject) => leaseErrors(lease as Lease)

/** Who does not say which version of a lease is replaced does not hold it. */
const LEASE_STRATEGY = strategyOf({
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  validate: errors,
  validateUpdate: errors,
})

export const COORDINATION_KINDS: readonly KindEntry[] = [
  new KindTable('coordination.k8s.io').namespaced('leases', 'Lease', LEASE_STRATEGY),
]
