import { HUB_REGISTRATION_GATES } from '../../apis/feature-gates.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import { type FeatureGates, featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import type { CommandSpec } from '../../common/flags.ts'
import { COMPONENT_LOG_GROUP } from '../../common/klog-flags.ts'
import {
  parseWebhookConfig,
  type WEBHOOK_FLAGS,
  WEBHOOK_GROUPS,
  type WebhookConfig,
} from '../../common/webhook-flags.ts'

const GATE_FLAGS = { 'feature-gates': featureGatesFlag(HUB_REGISTRATION_GATES) } as const

type Flags = typeof GATE_FLAGS & typeof WEBHOOK_FLAGS

export const REGISTRATION_WEBHOOK_COMMAND: CommandSpec = {
  name: 'registration webhook-server',
  description:
    'Runs on the hub: the API server asks it which managed clusters and bindings of cluster sets may be written, and by whom.',
  groups: [{ title: 'Features', flags: GATE_FLAGS }, ...WEBHOOK_GROUPS, COMPONENT_LOG_GROUP],
}

export interface RegistrationWebhookConfig extends WebhookConfig<Flags> {
  readonly gates: FeatureGates<typeof HUB_REGISTRATION_GATES>
}

/** Throws a ConfigError that names the flag. */
export function parseRegistrationWebhookConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): RegistrationWebhookConfig {
  const config = parseWebhookConfig<Flags>(REGISTRATION_WEBHOOK_COMMAND, argv, env, io)
  return { ...config, gates: parseFeatureGates(HUB_REGISTRATION_GATES, config.featureGates) }
}
