import { hostname } from 'node:os'
import {
  addPlacementController,
  PLACEMENT_COMMAND,
  type PlacementConfig,
  PlacementMetrics,
  parsePlacementConfig,
} from '../placement/index.ts'
import { commandGroup } from './command-group.ts'
import { controllerProcess } from './controller-process.ts'
import { runProcess } from './run-process.ts'

export const placementController = controllerProcess<PlacementConfig>({
  spec: PLACEMENT_COMMAND,
  parse: parsePlacementConfig,
  lock: 'placement-controller-lock',
  setUp: ({ manager, registry }) => {
    addPlacementController({ manager, instance: hostname(), metrics: new PlacementMetrics(registry) })
  },
})

/** `cluster-proxy placement <command>` */
export const placement = commandGroup({
  name: 'placement',
  description: 'Chooses among the clusters of a hub.',
  commands: {
    controller: {
      summary: 'runs on the hub: makes decisions for Placements',
      start: (argv) => runProcess(placementController, argv),
    },
  },
})
