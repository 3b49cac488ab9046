import { HUB_WORK_GATES } from '../../apis/feature-gates.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import {
  type CONTROLLER_FLAGS,
  CONTROLLER_GROUPS,
  type ControllerConfig,
  parseControllerConfig,
} from '../../common/controller-flags.ts'
import { ConfigError } from '../../common/errors.ts'
import { type FeatureGates, featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import { type CommandSpec, ignoredFlag, stringFlag } from '../../common/flags.ts'

const WORK_FLAGS = {
  'work-driver': stringFlag('kube', 'How works get to the clusters. Only kube is known.', {
    placeholder: 'DRIVER',
  }),
  'work-driver-config': ignoredFlag(
    stringFlag('', 'Accepted for compatibility, without effect: works are in the API of --kubeconfig.', {
      placeholder: 'FILE',
    }),
  ),
  'cloudevents-client-id': ignoredFlag(
    stringFlag('', 'Accepted for compatibility, without effect: it is for drivers other than kube.', {
      placeholder: 'ID',
    }),
  ),
  'feature-gates': featureGatesFlag(HUB_WORK_GATES),
} as const

type Flags = typeof CONTROLLER_FLAGS & typeof WORK_FLAGS

export const WORK_MANAGER_COMMAND: CommandSpec = {
  name: 'work manager',
  description: 'Runs on the hub: deletes ManifestWorks that are complete, when they ask for it.',
  groups: [{ title: 'Works', flags: WORK_FLAGS }, ...CONTROLLER_GROUPS],
}

export type WorkManagerConfig = ControllerConfig<Flags> & {
  readonly gates: FeatureGates<typeof HUB_WORK_GATES>
}

/** Throws a ConfigError that names the flag. */
export function parseWorkManagerConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): WorkManagerConfig {
  const config = parseControllerConfig<Flags>(WORK_MANAGER_COMMAND, argv, env, io)
  if (config.workDriver !== 'kube')
    throw new ConfigError(`--work-driver=${config.workDriver} is not supported: the only driver is kube`)
  return { ...config, gates: parseFeatureGates(HUB_WORK_GATES, config.featureGates) }
}
