import type { ConfigIo } from '../../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import { ConfigError } from '../../common/errors.ts'
import { boolFlag, type CommandSpec, ignoredFlag, intFlag, stringFlag } from '../../common/flags.ts'

const AGENT_FLAGS = {
  'control-plane-node-label-selector': stringFlag(
    'node-role.kubernetes.io/master=',
    'Labels of the nodes of the control plane; where there are several, agents have three replicas.',
    { placeholder: 'SELECTOR' },
  ),
  'deployment-replicas': intFlag(0, 'Replicas of each agent. 0 for as many as the nodes make sense of.'),
  'disable-default-addon-namespace': boolFlag(
    false,
    'Do not make the namespace open-cluster-management-agent-addon.',
  ),
  'enable-sync-labels': boolFlag(false, 'Labels of a Klusterlet go on to everything that is made for it.'),
  'skip-placeholder-hub-secret': ignoredFlag(boolFlag(false, 'Has had no effect for long.')),
} as const

export const KLUSTERLET_OPERATOR_COMMAND: CommandSpec = {
  name: 'registration-operator klusterlet',
  description: 'Deploys the agents of a managed cluster, as its Klusterlet says.',
  groups: [{ title: 'Agents', flags: AGENT_FLAGS }, ...CONTROLLER_GROUPS],
}

export type KlusterletOperatorConfig = ControllerConfig<typeof AGENT_FLAGS & typeof CONTROLLER_FLAGS>

/** Throws a ConfigError that names the flag. */
export function parseKlusterletOperatorConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): KlusterletOperatorConfig {
  const config = parseControllerConfig<typeof AGENT_FLAGS & typeof CONTROLLER_FLAGS>(
    KLUSTERLET_OPERATOR_COMMAND,
    argv,
    env,
    io,
  )
  if (config.deploymentReplicas < 0) throw new ConfigError('--deployment-replicas must not be negative')
  return config
}
