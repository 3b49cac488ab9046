import type { ConfigIo } from '../../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import { ConfigError } from '../../common/errors.ts'
import { boolFlag, type CommandSpec, intFlag, stringFlag } from '../../common/flags.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'

const HUB_FLAGS = {
  'skip-remove-crds': boolFlag(
    false,
    'When a ClusterManager is deleted, leave the CRDs, and with them all their objects.',
  ),
  'control-plane-node-label-selector': stringFlag(
    'node-role.kubernetes.io/master=',
    'Labels of the nodes of the control plane; where there are several, controllers have three replicas.',
    { placeholder: 'SELECTOR' },
  ),
  'deployment-replicas': intFlag(0, 'Replicas of each controller. 0 for as many as the nodes make sense of.'),
  'enable-sync-labels': boolFlag(
    false,
    'Labels of a ClusterManager go on to everything that is made for it.',
  ),
  'image-pull-secret-name': stringFlag(
    IMAGE_PULL_SECRET,
    "Secret of the operator's namespace by which the hub's images are pulled.",
    { placeholder: 'NAME' },
  ),
} as const

export const HUB_OPERATOR_COMMAND: CommandSpec = {
  name: 'registration-operator hub',
  description: 'Deploys the controllers of a hub, as its ClusterManager says.',
  groups: [{ title: 'Hub', flags: HUB_FLAGS }, ...CONTROLLER_GROUPS],
}

export type HubOperatorConfig = ControllerConfig<typeof HUB_FLAGS & typeof CONTROLLER_FLAGS>

/** Throws a ConfigError that names the flag. */
export function parseHubOperatorConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): HubOperatorConfig {
  const config = parseControllerConfig<typeof HUB_FLAGS & typeof CONTROLLER_FLAGS>(
    HUB_OPERATOR_COMMAND,
    argv,
    env,
    io,
  )
  if (config.deploymentReplicas < 0) throw new ConfigError('--deployment-replicas must not be negative')
  return config
}
