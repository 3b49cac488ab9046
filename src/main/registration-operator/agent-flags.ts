import { SPOKE_REGISTRATION_GATES, SPOKE_WORK_GATES } from '../../apis/feature-gates.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import { CONTROLLER_GROUPS, parseControllerConfig } from '../../common/controller-flags.ts'
import { featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import { type CommandSpec, ignoredFlag, stringFlag } from '../../common/flags.ts'
import {
  REGISTRATION_FLAG_GROUPS,
  type RegistrationAgentSettings,
  type RegistrationFlagValues,
  registrationAgentSettings,
} from '../../registration/agent/index.ts'
import {
  WORK_FLAGS,
  WORK_SOURCE_FLAGS,
  type WorkAgentSettings,
  workAgentSettings,
} from '../../work/agent/index.ts'

const GATES = { ...SPOKE_REGISTRATION_GATES, ...SPOKE_WORK_GATES }

const SOURCE_FLAGS = {
  ...WORK_SOURCE_FLAGS,
  'workload-source-config': ignoredFlag(
    stringFlag(
      '',
      'Accepted for compatibility, without effect: works come from the hub of the registration.',
      {
        placeholder: 'FILE',
      },
    ),
  ),
} as const

const GATES_FLAG = { 'feature-gates': featureGatesFlag(GATES) } as const

type Flags = typeof SOURCE_FLAGS & typeof WORK_FLAGS & typeof GATES_FLAG

const { cluster, hub, identities } = REGISTRATION_FLAG_GROUPS

/** Takes what either agent takes. Where a flag of both has the same name, it is for both. */
export const KLUSTERLET_AGENT_SPEC: CommandSpec = {
  name: 'registration-operator agent',
  description:
    'The registration agent and the work agent of a managed cluster in one process: registers the cluster with a hub, and applies the ManifestWorks that the hub has for it.',
  groups: [
    cluster,
    { title: hub.title, flags: { ...hub.flags, ...SOURCE_FLAGS } },
    identities,
    { title: 'Works', flags: { ...WORK_FLAGS, ...GATES_FLAG } },
    ...CONTROLLER_GROUPS,
  ],
}

export interface KlusterletAgentConfig extends RegistrationFlagValues {
  readonly agent: RegistrationAgentSettings
  readonly work: WorkAgentSettings
}

/** Throws a ConfigError that names the flag. */
export function parseKlusterletAgentConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): KlusterletAgentConfig {
  const values = parseControllerConfig<Flags>(KLUSTERLET_AGENT_SPEC, argv, env, io)
  const config = values as typeof values & RegistrationFlagValues
  const gates = parseFeatureGates(GATES, config.featureGates)
  return {
    ...config,
    // Agents that ran one by one before have a certificate that is as good: another name would have to be approved by a person.
    agent: { ...registrationAgentSettings(config, gates), keepsAgentName: true },
    work: workAgentSettings(config, gates),
  }
}
