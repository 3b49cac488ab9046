export type { HubOptions } from './hub-context.ts'
export { addHubControllers, type HubComponents } from './hub-controllers.ts'
export { HUB_COMMAND, type HubConfig, parseHubConfig } from './options.ts'
