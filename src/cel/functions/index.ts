import { FunctionTable } from '../overload.ts'
import { addAddresses } from './addresses.ts'
import { addConversions } from './conversions.ts'
import { addFormats } from './formats.ts'
import { addLists } from './lists.ts'
import { addOperators } from './operators.ts'
import { addOptionals } from './optionals.ts'
import { addPatches } from './patches.ts'
import { addQuantities } from './quantities.ts'
import { addSemvers } from './semvers.ts'
import { addStrings } from './strings.ts'
import { addUrls } from './urls.ts'

/** All functions that rules of Kubernetes 1.36 can call (k8s.io/apiserver, pkg/cel/environment). */
export const FUNCTIONS = new FunctionTable()

for (const add of [
  addOperators,
  addConversions,
  addStrings,
  addLists,
  addQuantities,
  addAddresses,
  addUrls,
  addFormats,
  addSemvers,
  addOptionals,
  addPatches,
])
  add(FUNCTIONS)
