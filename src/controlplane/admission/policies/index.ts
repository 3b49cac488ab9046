export { ValidatingPolicies, type ValidatingPoliciesComponents } from './validating-policies.ts'
