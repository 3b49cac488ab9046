export { addCompletedWorkCleanup, expiryOf } from './completed-works.ts'
export { parseWorkManagerConfig, WORK_MANAGER_COMMAND, type WorkManagerConfig } from './options.ts'
