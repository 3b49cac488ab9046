import {
  ADD_ON_MANAGER_COMMAND,
  type AddOnManagerConfig,
  addAddOnControllers,
  parseAddOnManagerConfig,
} from '../../addon-framework/manager/index.ts'
import { controllerProcess } from '../controller-process.ts'

/** `addon manager` */
export const addOnManager = controllerProcess<AddOnManagerConfig>({
  spec: ADD_ON_MANAGER_COMMAND,
  parse: parseAddOnManagerConfig,
  lock: 'manager-lock',
  setUp: ({ manager }) => addAddOnControllers(manager),
})
