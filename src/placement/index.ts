export { PlacementMetrics } from './metrics.ts'
export { PLACEMENT_COMMAND, type PlacementConfig, parsePlacementConfig } from './options.ts'
export { addPlacementController, type PlacementControllerComponents } from './placement-controller.ts'
