import { hostname } from 'node:os'
import type { ControllerConfig } from '../common/controller-flags.ts'
import { DelegatedAuthorization } from '../kube/index.ts'
import {
  addPlacementController,
  DEBUG_PATH,
  debugRoute,
  PLACEMENT_COMMAND,
  PLACEMENT_DEBUG_COMMAND,
  type PlacementConfig,
  PlacementMetrics,
  PlacementScheduler,
  parsePlacementConfig,
  parsePlacementDebugConfig,
  placementInformers,
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

export const placementDebugger = controllerProcess<ControllerConfig>({
  spec: PLACEMENT_DEBUG_COMMAND,
  parse: parsePlacementDebugConfig,
  setUp: ({ manager, client, addRoute }) => {
    const scheduler = new PlacementScheduler(placementInformers(manager), client.clock)
    addRoute(DEBUG_PATH, debugRoute({ scheduler, authorization: new DelegatedAuthorization(client) }))
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
    debug: {
      summary: 'runs on the hub: shows how clusters are chosen',
      start: (argv) => runProcess(placementDebugger, argv),
    },
  },
})
