export {
  canonicalIp,
  cidrErrors,
  familyOf,
  type IpFamily,
  ipErrors,
  LOOPBACK_PROBLEM,
  specialIpErrors,
} from './ip-address.ts'
export { listedErrors } from './listed.ts'
export {
  configKeyProblems,
  labelKeyErrors,
  labelNameErrors,
  labelValueErrors,
  qualifiedNameErrors,
  subdomainErrors,
  variableNameProblems,
} from './names.ts'
export { notFoundField } from './not-found.ts'
export { MAX_INT32, nonNegativeErrors, rangeProblem } from './numbers.ts'
export { backstepErrors, descendingFileErrors, descendingPathErrors } from './path.ts'
export { PORT_PROTOCOLS, portErrors, portNameProblems, portNumberProblems } from './port.ts'
export {
  compareQuantities,
  isWholeQuantity,
  nanosOf,
  roundUpToMilli,
  sumQuantities,
  unitsOf,
} from './quantity-amount.ts'
export { repeatedIndexes } from './repeated.ts'
