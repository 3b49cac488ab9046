export { AdmissionWebhooks, type AdmissionWebhooksComponents } from './admission-webhooks.ts'
export {
  clusterServices,
  overriddenServices,
  type ServiceAddress,
  type ServiceResolver,
  type ServiceSource,
} from './service-resolver.ts'
export { WebhookClient } from './webhook-client.ts'
export { WebhookMetrics } from './webhook-metrics.ts'
