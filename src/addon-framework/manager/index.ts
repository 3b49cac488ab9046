export { addAddOnControllers } from './add-on-controllers.ts'
export { ADD_ON_MANAGER_COMMAND, type AddOnManagerConfig, parseAddOnManagerConfig } from './options.ts'
