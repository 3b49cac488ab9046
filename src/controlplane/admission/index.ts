export {
  AdmissionChain,
  type AdmissionPlugin,
  type AdmissionRequest,
  AdmissionRounds,
  type ObjectKind,
} from './admission.ts'
export { CERTIFICATE_SUBJECT } from './certificate-subject.ts'
export { type ClassSource, defaultIngressClass, defaultStorageClass } from './default-classes.ts'
export { DEFAULT_TOLERATIONS } from './default-tolerations.ts'
export { type LimitRangeSource, limitRanger } from './limits/index.ts'
export { catalogVersions } from './match/index.ts'
export { type NamespaceSource, namespaceLifecycle } from './namespace-lifecycle.ts'
export { type PriorityClassSource, podPriority } from './pod-priority.ts'
export { podServiceAccount, type ServiceAccountSource } from './pod-service-account.ts'
export { MutatingPolicies, PolicyMetrics, ValidatingPolicies } from './policies/index.ts'
export {
  Counters,
  QuotaStatuses,
  type QuotaStatusesComponents,
  QuotaUsage,
  resourceQuotas,
} from './quota/index.ts'
export { roleEscalation } from './role-escalation.ts'
export { REQUESTER, signerRights } from './signing-requests.ts'
export {
  AdmissionWebhooks,
  clusterServices,
  overriddenServices,
  type ServiceAddress,
  type ServiceResolver,
  WebhookClient,
  WebhookMetrics,
} from './webhooks/index.ts'
