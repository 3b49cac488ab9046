export { DEFAULT_MANIFEST_LIMIT_BYTES, manifestsProblem } from './manifests.ts'
export { parseWorkWebhookConfig, WORK_WEBHOOK_COMMAND, type WorkWebhookConfig } from './options.ts'
export { VALIDATE_WORK_PATH, type ValidateWorkOptions, validateWork } from './validate-work.ts'
