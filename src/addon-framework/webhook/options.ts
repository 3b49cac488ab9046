import type { ConfigIo } from '../../common/config-io.ts'
import type { CommandSpec } from '../../common/flags.ts'
import { parseWebhookConfig, WEBHOOK_GROUPS, type WebhookConfig } from '../../common/webhook-flags.ts'

export const ADD_ON_WEBHOOK_COMMAND: CommandSpec = {
  name: 'addon webhook-server',
  description: 'Runs on the hub: turns add-ons of one API version into those of another for its API server.',
  groups: WEBHOOK_GROUPS,
}

export type AddOnWebhookConfig = WebhookConfig

/** Throws a ConfigError that names the flag. */
export function parseAddOnWebhookConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): AddOnWebhookConfig {
  return parseWebhookConfig(ADD_ON_WEBHOOK_COMMAND, argv, env, io)
}
