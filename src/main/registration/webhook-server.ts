import {
  parseRegistrationWebhookConfig,
  REGISTRATION_WEBHOOK_COMMAND,
  type RegistrationWebhookConfig,
  registrationWebhookRoutes,
} from '../../registration/webhook/index.ts'
import { webhookProcess } from '../webhook-process.ts'

/** `cluster-proxy registration webhook-server` */
export const registrationWebhookServer = webhookProcess<RegistrationWebhookConfig>({
  spec: REGISTRATION_WEBHOOK_COMMAND,
  parse: parseRegistrationWebhookConfig,
  routes: ({ client }, { gates }) =>
    registrationWebhookRoutes({ client }, { defaultClusterSet: gates.DefaultClusterSet }),
})
