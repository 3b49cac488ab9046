import type { Registry } from 'prom-client'
import type { Logger } from '../../common/log.ts'
import {
  AdmissionChain,
  AdmissionWebhooks,
  CERTIFICATE_SUBJECT,
  Counters,
  catalogVersions,
  DEFAULT_TOLERATIONS,
  defaultIngressClass,
  defaultStorageClass,
  limitRanger,
  MutatingPolicies,
  namespaceLifecycle,
  PolicyMetrics,
  podPriority,
  podServiceAccount,
  QuotaStatuses,
  QuotaUsage,
  REQUESTER,
  resourceQuotas,
  roleEscalation,
  type ServiceResolver,
  signerRights,
  ValidatingPolicies,
  WebhookMetrics,
} from '../admission/index.ts'
import { type Authorizer, EscalationGuard, type RuleResolver } from '../rbac/index.ts'
import type { ObjectRegistry } from '../registry/index.ts'
import type { ResourceCatalog, ServedResource } from '../resources/index.ts'
import type { ObjectStore } from '../storage/index.ts'
import type { ObjectSource } from './object-source.ts'
import { quotaStatusWriter } from './quota-status-writer.ts'

export interface AdmissionComponents {
  readonly log: Logger
  readonly store: ObjectStore
  readonly objects: ObjectSource
  readonly registry: ObjectRegistry
  readonly catalog: ResourceCatalog
  readonly builtin: readonly ServedResource[]
  readonly authorizer: Authorizer
  readonly rules: RuleResolver
  /** Where the Services are that webhooks name. */
  readonly services: ServiceResolver
  readonly metrics: Registry
  readonly now: () => number
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'
const PRIORITY_CLASSES = 'priorityclasses.scheduling.k8s.io'

/** All that looks at writes, in the order of the original. */
export class AdmissionPlugins {
  readonly chain: AdmissionChain
  readonly #webhooks: AdmissionWebhooks
  readonly #policies: readonly (MutatingPolicies | ValidatingPolicies)[]
  readonly #quotaStatuses: QuotaStatuses

  constructor(components: AdmissionComponents) {
    const { log, store, objects, catalog, builtin, authorizer, rules, services, metrics, now } = components
    const namespaces = { get: (name: string) => objects.get('namespaces', '', name) }
    const definitions = {
      get: (name: string) => objects.get(DEFINITIONS, '', name),
      list: () => objects.list(DEFINITIONS),
    }
    const versions = catalogVersions({ catalog, builtin, definitions })
    const webhookMetrics = new WebhookMetrics(metrics)
    const webhookParts = { log, objects, namespaces, versions, services, metrics: webhookMetrics }
    this.#webhooks = new AdmissionWebhooks(webhookParts)
    const policyParts = { objects, namespaces, versions, metrics: new PolicyMetrics(metrics) }
    const mutatingPolicies = new MutatingPolicies(policyParts)
    const validatingPolicies = new ValidatingPolicies(policyParts)
    this.#policies = [mutatingPolicies, validatingPolicies]
    const counters = new Counters({ now })
    const usage = new QuotaUsage({ store, counters })
    const writeStatus = quotaStatusWriter(components)
    this.#quotaStatuses = new QuotaStatuses({ log, store, counters, usage, writeStatus })
    this.chain = new AdmissionChain([
      namespaceLifecycle(namespaces),
      limitRanger({ list: (namespace) => objects.list('limitranges', namespace) }),
      podServiceAccount({ get: (namespace, name) => objects.get('serviceaccounts', namespace, name) }),
      podPriority({
        get: (name) => objects.get(PRIORITY_CLASSES, '', name),
        list: () => objects.list(PRIORITY_CLASSES),
      }),
      DEFAULT_TOLERATIONS,
      defaultStorageClass({ list: () => objects.list('storageclasses.storage.k8s.io') }),
      REQUESTER,
      signerRights(authorizer),
      CERTIFICATE_SUBJECT,
      defaultIngressClass({ list: () => objects.list('ingressclasses.networking.k8s.io') }),
      roleEscalation(new EscalationGuard({ authorizer, rules })),
      mutatingPolicies,
      this.#webhooks.mutating,
      validatingPolicies,
      this.#webhooks.validating,
      resourceQuotas({ usage, counters }),
    ])
  }

  start(): void {
    this.#webhooks.start()
    for (const each of this.#policies) each.start()
    this.#quotaStatuses.start()
  }

  async stop(): Promise<void> {
    await this.#quotaStatuses.stop()
    for (const each of this.#policies) each.stop()
    await this.#webhooks.stop()
  }
}
