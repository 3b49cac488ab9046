export { DEBUG_PATH, debugRoute } from './debugger.ts'
export { PlacementMetrics } from './metrics.ts'
export {
  PLACEMENT_COMMAND,
  PLACEMENT_DEBUG_COMMAND,
  type PlacementConfig,
  parsePlacementConfig,
  parsePlacementDebugConfig,
} from './options.ts'
export { addPlacementController, type PlacementControllerComponents } from './placement-controller.ts'
export { placementInformers } from './placement-informers.ts'
export { PlacementScheduler } from './placement-scheduler.ts'
