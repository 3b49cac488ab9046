import { HUB_WORK_GATES } from '../../apis/feature-gates.ts'
import type { ConfigIo } from '../../common/config-io.ts'
import { type FeatureGates, featureGatesFlag, parseFeatureGates } from '../../common/feature-gates.ts'
import { type CommandSpec, intFlag } from '../../common/flags.ts'
import { COMPONENT_LOG_GROUP } from '../../common/klog-flags.ts'
import {
  parseWebhookConfig,
  type WEBHOOK_FLAGS,
  WEBHOOK_GROUPS,
  type WebhookConfig,
} from '../../common/webhook-flags.ts'
import { DEFAULT_MANIFEST_LIMIT_BYTES } from './manifests.ts'

const WORK_FLAGS = {
  manifestLimit: intFlag(
    DEFAULT_MANIFEST_LIMIT_BYTES,
    'What all manifests of a ManifestWork may take, in bytes.',
    {
      placeholder: 'BYTES',
    },
  ),
  'feature-gates': featureGatesFlag(HUB_WORK_GATES),
} as const

type Flags = typeof WORK_FLAGS & typeof WEBHOOK_FLAGS

export const WORK_WEBHOOK_COMMAND: CommandSpec = {
  name: 'work webhook-server',
  description: 'Runs on the hub: the API server asks it which ManifestWorks may be written, and by whom.',
  groups: [{ title: 'Works', flags: WORK_FLAGS }, ...WEBHOOK_GROUPS, COMPONENT_LOG_GROUP],
}

export interface WorkWebhookConfig extends WebhookConfig<Flags> {
  readonly gates: FeatureGates<typeof HUB_WORK_GATES>
}

/** Throws a ConfigError that names the flag. */
export function parseWorkWebhookConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): WorkWebhookConfig {
  const config = parseWebhookConfig<Flags>(WORK_WEBHOOK_COMMAND, argv, env, io)
  return { ...config, gates: parseFeatureGates(HUB_WORK_GATES, config.featureGates) }
}
