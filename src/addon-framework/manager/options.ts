import type { ConfigIo } from '../../common/config-io.ts'
import {
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import type { CommandSpec } from '../../common/flags.ts'

export const ADD_ON_MANAGER_COMMAND: CommandSpec = {
  name: 'addon manager',
  description:
    'Runs on the hub: installs add-ons on the clusters that Placements choose, and brings their configurations to them.',
  groups: CONTROLLER_GROUPS,
}

export type AddOnManagerConfig = ControllerConfig

/** Throws a ConfigError that names the flag. */
export function parseAddOnManagerConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): AddOnManagerConfig {
  return parseControllerConfig(ADD_ON_MANAGER_COMMAND, argv, env, io)
}
