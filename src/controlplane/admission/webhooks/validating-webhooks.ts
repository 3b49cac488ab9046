import type { AdmissionPlugin } from '../admission.ts'
import { isExempt, RequestVersions, type ResourceVersions } from '../match/index.ts'
import { withNamespace } from './own-namespace.ts'
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
      const asked = webhooks.flatMap((webhook) => {
        const matched = caller.matchedVersion(webhook, request, known)
        return matched ? [{ webhook, matched }] : []
      })
      const answers = await Promise.allSettled(
        asked.map(({ webhook, matched }) =>
          caller.ask(webhook, request, { versions: known, matched, isMutating: false }),
        ),
      )
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
    },
  }
}
