export {
  parseRegistrationWebhookConfig,
  REGISTRATION_WEBHOOK_COMMAND,
  type RegistrationWebhookConfig,
} from './options.ts'
export {
  REGISTRATION_WEBHOOK_PATHS,
  type RegistrationWebhookComponents,
  registrationWebhookRoutes,
} from './routes.ts'
