import type { ConfigIo } from '../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../common/controller-flags.ts'
import { type CommandSpec, ignoredFlag, listFlag } from '../common/flags.ts'

const PLACEMENT_FLAGS = {
  'feature-gates': ignoredFlag(
    listFlag([], 'Accepted for compatibility, without effect: placement has no features to choose from.', {
      placeholder: 'GATE=true,...',
    }),
  ),
} as const

export const PLACEMENT_COMMAND: CommandSpec = {
  name: 'placement controller',
  description:
    'Runs on the hub: chooses clusters for Placements, and writes them down in PlacementDecisions.',
  groups: [{ title: 'Placement', flags: PLACEMENT_FLAGS }, ...CONTROLLER_GROUPS],
}

export const PLACEMENT_DEBUG_COMMAND: CommandSpec = {
  name: 'placement debug',
  description:
    'Runs on the hub: shows how clusters are chosen for a Placement, at /debug/placements/NAMESPACE/NAME of --listen.',
  groups: CONTROLLER_GROUPS,
}

export type PlacementConfig = ControllerConfig<typeof CONTROLLER_FLAGS & typeof PLACEMENT_FLAGS>

/** Throws a ConfigError that names the flag. */
export function parsePlacementConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): PlacementConfig {
  return parseControllerConfig(PLACEMENT_COMMAND, argv, env, io)
}

/** Throws a ConfigError that names the flag. */
export function parsePlacementDebugConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): ControllerConfig {
  return parseControllerConfig(PLACEMENT_DEBUG_COMMAND, argv, env, io)
}
