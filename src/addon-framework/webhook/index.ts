export { ADD_ON_WEBHOOK_COMMAND, type AddOnWebhookConfig, parseAddOnWebhookConfig } from './options.ts'
export { ADD_ON_CONVERSION_PATH, addOnWebhookRoutes } from './routes.ts'
