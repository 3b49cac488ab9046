export { MutatingPolicies } from './mutating-policies.ts'
export type { PoliciesComponents } from './policies-components.ts'
export { PolicyMetrics } from './policy-metrics.ts'
export { ValidatingPolicies } from './validating-policies.ts'
