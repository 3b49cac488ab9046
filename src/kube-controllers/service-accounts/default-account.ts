import type { ServiceAccount } from '../../apis/core/v1.ts'
import { SERVICE_ACCOUNTS } from '../../apis/resources.ts'
import type { Controller } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { addEnsuringController } from './ensure-in-namespaces.ts'

/** Gives each namespace the account of Pods that name none (kube-controller-manager's `serviceaccount-controller`). */
export function addDefaultAccountController(context: ControllerContext): Controller {
  return addEnsuringController<ServiceAccount>(context, {
    controller: 'serviceaccount',
    definition: SERVICE_ACCOUNTS,
    name: 'default',
    create: () => ({ metadata: {} }),
    repair: () => undefined,
  })
}
