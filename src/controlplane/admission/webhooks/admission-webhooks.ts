import type { Logger } from '../../../common/log.ts'
import type { AdmissionPlugin } from '../admission.ts'
import type { FollowedObjects } from '../followed-objects.ts'
import type { ResourceVersions } from '../match/index.ts'
import type { NamespaceSource } from '../namespace-lifecycle.ts'
import { MutatingWebhooks } from './mutating-webhooks.ts'
import type { ServiceResolver } from './service-resolver.ts'
import { validatingWebhooks } from './validating-webhooks.ts'
import { WebhookCaller } from './webhook-caller.ts'
import { WebhookClient } from './webhook-client.ts'
import { WebhookConfigurations } from './webhook-configurations.ts'
import type { WebhookMetrics } from './webhook-metrics.ts'

export interface AdmissionWebhooksComponents {
  readonly log: Logger
  readonly objects: FollowedObjects
  readonly namespaces: NamespaceSource
  readonly versions: ResourceVersions
  readonly services: ServiceResolver
  /** @default nothing is counted */
  readonly metrics?: WebhookMetrics
}

/** Both plugins that ask webhooks, with all that they need. Owns the connections to the webhooks. */
export class AdmissionWebhooks {
  readonly mutating: AdmissionPlugin
  readonly validating: AdmissionPlugin
  readonly #client: WebhookClient
  readonly #configurations: readonly WebhookConfigurations[]

  constructor({ log, objects, namespaces, versions, services, metrics }: AdmissionWebhooksComponents) {
    const configurations = (resource: string) =>
      new WebhookConfigurations({ objects }, { resource: `${resource}.admissionregistration.k8s.io` })
    const mutating = configurations('mutatingwebhookconfigurations')
    const validating = configurations('validatingwebhookconfigurations')
    this.#client = new WebhookClient({ services })
    const caller = new WebhookCaller({ log, namespaces, client: this.#client, metrics })
    this.mutating = new MutatingWebhooks({ configurations: mutating, caller, versions })
    this.validating = validatingWebhooks({ configurations: validating, caller, versions })
    this.#configurations = [mutating, validating]
  }

  start(): void {
    for (const each of this.#configurations) each.start()
  }

  async stop(): Promise<void> {
    for (const each of this.#configurations) each.stop()
    await this.#client.close()
  }
}
