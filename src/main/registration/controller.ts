import {
  addHubControllers,
  HUB_COMMAND,
  type HubConfig,
  parseHubConfig,
} from '../../registration/hub/index.ts'
import { controllerProcess } from '../controller-process.ts'

/** `cluster-proxy registration controller` */
export const registrationController = controllerProcess<HubConfig>({
  spec: HUB_COMMAND,
  parse: parseHubConfig,
  lock: 'registration-controller-lock',
  setUp: ({ manager, client, log }, { hub }) => addHubControllers({ manager, client, log }, hub),
})
