import type { KubeObject, LabelSelector } from '../meta/v1.ts'

export interface ValidatingAdmissionPolicy extends KubeObject {
  readonly status?: { readonly observedGeneration?: number }
}

/** How the API server reaches a webhook: by a Service, or by an address. */
export interface WebhookClientConfig {
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    /** @default 443 */
    readonly port?: number
  }
  readonly url?: string
  /** PEM, base64. */
  readonly caBundle?: string
}

/** Which requests a webhook is asked about. */
export interface RuleWithOperations {
  readonly operations?: readonly ('*' | 'CONNECT' | 'CREATE' | 'DELETE' | 'UPDATE')[]
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  /** Such as `pods`, `pods/log`, `*`. */
  readonly resources?: readonly string[]
  /** @default * */
  readonly scope?: '*' | 'Cluster' | 'Namespaced'
}

export interface ValidatingWebhook {
  /** A DNS name with three labels at least. */
  readonly name: string
  readonly clientConfig: WebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  /** What becomes of requests when the webhook does not answer. @default Fail */
  readonly failurePolicy?: 'Fail' | 'Ignore'
  /** @default Equivalent */
  readonly matchPolicy?: 'Equivalent' | 'Exact'
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly sideEffects: 'None' | 'NoneOnDryRun'
  /** @default 10 */
  readonly timeoutSeconds?: number
  /** Versions of AdmissionReview, the best first. */
  readonly admissionReviewVersions: readonly string[]
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[]
}

export interface MutatingWebhook extends ValidatingWebhook {
  /** @default Never */
  readonly reinvocationPolicy?: 'IfNeeded' | 'Never'
}

export interface ValidatingWebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly ValidatingWebhook[]
}

export interface MutatingWebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly MutatingWebhook[]
}
