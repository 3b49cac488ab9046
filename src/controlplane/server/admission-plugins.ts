import type { Logger } from '../../common/log.ts'
import {
  AdmissionChain,
  AdmissionWebhooks,
  CERTIFICATE_SUBJECT,
  catalogVersions,
  DEFAULT_TOLERATIONS,
  defaultIngressClass,
  defaultStorageClass,
  limitRanger,
  namespaceLifecycle,
  podPriority,
  podServiceAccount,
  REQUESTER,
  roleEscalation,
  type ServiceResolver,
  signerRights,
  ValidatingPolicies,
} from '../admission/index.ts'
import { type Authorizer, EscalationGuard, type RuleResolver } from '../rbac/index.ts'
import type { ResourceCatalog, ServedResource } from '../resources/index.ts'
import type { ObjectSource } from './object-source.ts'

export interface AdmissionComponents {
  readonly log: Logger
  readonly objects: ObjectSource
  readonly catalog: ResourceCatalog
  readonly builtin: readonly ServedResource[]
  readonly authorizer: Authorizer
  readonly rules: RuleResolver
  /** Where the Services are that webhooks name. */
  readonly services: ServiceResolver
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'
const PRIORITY_CLASSES = 'priorityclasses.scheduling.k8s.io'

/** All that looks at writes, in the order of the original. */
export class AdmissionPlugins {
  readonly chain: AdmissionChain
  readonly #webhooks: AdmissionWebhooks
  readonly #policies: ValidatingPolicies

  constructor({ log, objects, catalog, builtin, authorizer, rules, services }: AdmissionComponents) {
    const namespaces = { get: (name: string) => objects.get('namespaces', '', name) }
    const definitions = {
      get: (name: string) => objects.get(DEFINITIONS, '', name),
      list: () => objects.list(DEFINITIONS),
    }
    const versions = catalogVersions({ catalog, builtin, definitions })
    this.#webhooks = new AdmissionWebhooks({ log, objects, namespaces, versions, services })
    this.#policies = new ValidatingPolicies({ objects, namespaces, versions })
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
      this.#webhooks.mutating,
      this.#policies,
      this.#webhooks.validating,
    ])
  }

  start(): void {
    this.#webhooks.start()
    this.#policies.start()
  }

  async stop(): Promise<void> {
    this.#policies.stop()
    await this.#webhooks.stop()
  }
}
