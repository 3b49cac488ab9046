export type { TokenFiller } from './controller-context.ts'
export { selectControllers } from './controller-selection.ts'
export {
  CONTROLLER_NAMES,
  type ControllerName,
  KubeControllers,
  type KubeControllersComponents,
  type KubeControllersOptions,
} from './kube-controllers.ts'
