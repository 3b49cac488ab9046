import type { Manager } from '../../kube/index.ts'
import { addConfigControllers } from '../configs/config-controllers.ts'
import { BUILT_IN_CONFIGS } from '../configs/config-reference.ts'
import { addConfigurationController } from './configuration/configuration-controller.ts'
import { addAnnotationController } from './install/annotation-controller.ts'
import { addInstallController } from './install/install-controller.ts'
import { isMadeOfTemplates } from './lifecycle.ts'
import { managerContext } from './manager-context.ts'
import { addOwnerController } from './owner-controller.ts'
import { addProgressionController } from './progressions/progression-controller.ts'
import { addTokenController } from './token-infrastructure/token-controller.ts'

/** Adds all that the hub does for add-ons of whatever kind to a manager, which then runs it. */
export function addAddOnControllers(manager: Manager): void {
  const context = managerContext(manager)
  addOwnerController(context)
  addInstallController(context)
  addAnnotationController(context)
  addProgressionController(context)
  addConfigurationController(context)
  addConfigControllers(manager, { resources: BUILT_IN_CONFIGS, isOurs: isMadeOfTemplates })
  addTokenController(context)
}
