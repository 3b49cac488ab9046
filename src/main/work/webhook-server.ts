import { admissionReviews } from '../../kube/webhook/index.ts'
import {
  parseWorkWebhookConfig,
  VALIDATE_WORK_PATH,
  validateWork,
  WORK_WEBHOOK_COMMAND,
  type WorkWebhookConfig,
} from '../../work/webhook/index.ts'
import { webhookProcess } from '../webhook-process.ts'

/** `cluster-proxy work webhook-server` */
export const workWebhookServer = webhookProcess<WorkWebhookConfig>({
  spec: WORK_WEBHOOK_COMMAND,
  parse: parseWorkWebhookConfig,
  routes: ({ client }, { manifestLimit, gates }) => ({
    [VALIDATE_WORK_PATH]: admissionReviews(
      validateWork(client, {
        manifestLimitBytes: manifestLimit,
        checksAbsentExecutor: gates.NilExecutorValidating,
      }),
    ),
  }),
})
