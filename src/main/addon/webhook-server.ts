import {
  ADD_ON_WEBHOOK_COMMAND,
  type AddOnWebhookConfig,
  addOnWebhookRoutes,
  parseAddOnWebhookConfig,
} from '../../addon-framework/webhook/index.ts'
import { webhookProcess } from '../webhook-process.ts'

/** `addon webhook-server` */
export const addOnWebhookServer = webhookProcess<AddOnWebhookConfig>({
  spec: ADD_ON_WEBHOOK_COMMAND,
  parse: parseAddOnWebhookConfig,
  routes: () => addOnWebhookRoutes(),
})
