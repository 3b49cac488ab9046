export {
  type Amounts,
  addAmounts,
  amountsOf,
  excessAmounts,
  isNothing,
  onlyAmounts,
  sumAmounts,
} from './amounts.ts'
export { type AmountKind, podAmounts, statedAmounts } from './pod-amounts.ts'
