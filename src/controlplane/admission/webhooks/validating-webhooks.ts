import type { ServedResource } from '../../resources/index.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { isExempt, RequestVersions, type ResourceVersions, withNamespace } from '../match/index.ts'

import type { Webhook } from './webhook.ts'
import type { WebhookCaller } from './webhook-caller.ts'
import type { WebhookConfigurations } from './webhook-configurations.ts'

export interface WebhookComponents {
  readonly configurations: WebhookConfigurations
  readonly caller: WebhookCaller
  readonly versions: ResourceVersions
}

/**
 * Asks webhooks whether they allow a request, all at once (k8s.io/apiserver, webhook/validating). Of several that do not, the first
 * in their order is heard.
 */
export function validatingWebhooks({ configurations, caller, versions }: WebhookComponents): AdmissionPlugin {
  return {
    async validate(given) {
      const { webhooks } = configurations
      if (webhooks.length === 0 || isExempt(given)) return
      const request = withNamespace(given)
      const known = new RequestVersions(versions, request)
      const asked: { readonly webhook: Webhook; readonly matched: ServedResource }[] = []
      for (const webhook of webhooks) {
        const matched = await caller.matchedVersion(webhook, request, known)
        if (matched) asked.push({ webhook, matched })
      }
      const answers = await Promise.allSettled(
        asked.map(({ webhook, matched }) =>
          caller.attempt(webhook, request, {
            type: 'validating',
            work: () => caller.ask(webhook, request, { versions: known, matched, isMutating: false }),
          }),
        ),
      )
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
    },
  }
}
