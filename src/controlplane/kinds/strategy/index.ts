export { domainPrefixedPathErrors } from './domain-path.ts'
export { immutableErrors, invalidWhole, nameErrors, tooManyErrors } from './field-errors.ts'
export {
  amountOf,
  atMost100PercentErrors,
  type IntOrString,
  positiveIntOrPercentErrors,
} from './int-or-percent.ts'
export { type KindEntry, KindTable } from './kind-table.ts'
export { statusStrategy, strategyOf, strategyWithStatus } from './plain-strategy.ts'
