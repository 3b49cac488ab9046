export { PolicyMetrics } from './policy-metrics.ts'
export { ValidatingPolicies, type ValidatingPoliciesComponents } from './validating-policies.ts'
