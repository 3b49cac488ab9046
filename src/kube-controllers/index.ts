export type { TokenFiller } from './controller-context.ts'
export { CONTROLLER_NAMES, type ControllerName } from './controller-names.ts'
export { selectControllers } from './controller-selection.ts'
export {
  KubeControllers,
  type KubeControllersComponents,
  type KubeControllersOptions,
} from './kube-controllers.ts'
