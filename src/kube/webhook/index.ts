export { mayAccess, type ResourceAttributes } from './access-review.ts'
export {
  type AdmissionDecision,
  type AdmissionHandler,
  admissionReviews,
  allow,
  type DenialStatus,
  deny,
  denyBadRequest,
  denyForbidden,
  type PatchOperation,
  patch,
  pointerSegment,
} from './admission.ts'
export { type AdmissionRequest, parseAdmissionReview, type UserInfo } from './admission-request.ts'
export { WebhookRequestError } from './webhook-error.ts'
export { WebhookMetrics } from './webhook-metrics.ts'
export {
  type ReviewHandler,
  type ServingCertificates,
  WebhookServer,
  type WebhookServerComponents,
  type WebhookServerOptions,
} from './webhook-server.ts'
