export { Counters } from './counters.ts'
export { QuotaStatuses, type QuotaStatusesComponents } from './quota-statuses.ts'
export { QuotaUsage } from './quota-usage.ts'
export { type ResourceQuotasComponents, resourceQuotas } from './resource-quotas.ts'
