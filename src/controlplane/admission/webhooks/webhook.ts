import type { JsonObject } from '../../api/json.ts'
import type { ClientConfig, MatchCondition, Rule, Selector } from '../../kinds/admissionregistration/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import { compileLabelSelector, type LabelSelector } from '../../selectors/index.ts'
import { MatchConditions } from '../cel/match-conditions.ts'

/** A webhook as a configuration that has been validated describes it, with its defaults. */
interface WebhookFields extends JsonObject {
  readonly name: string
  readonly clientConfig: ClientConfig & { readonly caBundle?: string }
  readonly rules?: readonly Rule[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly namespaceSelector?: Selector
  readonly objectSelector?: Selector
  readonly sideEffects?: string | null
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[] | null
  readonly reinvocationPolicy?: string
  readonly matchConditions?: readonly MatchCondition[]
}

const DEFAULT_TIMEOUT_SECONDS = 10
const REVIEW_VERSIONS = ['v1', 'v1beta1'] as const
export type ReviewVersion = (typeof REVIEW_VERSIONS)[number]

/** One webhook of a configuration. What is in it is compiled when it is needed first. */
export class Webhook {
  /** Tells it from all others: the name of the configuration, its own, and which of those with this name it is. */
  readonly id: string
  readonly #fields: WebhookFields
  #namespaceSelector: LabelSelector | undefined
  #objectSelector: LabelSelector | undefined
  #conditions: MatchConditions | undefined

  private constructor(id: string, fields: WebhookFields) {
    this.id = id
    this.#fields = fields
  }

  /** All webhooks of a configuration, in their order. */
  static of(configuration: KubeObject): Webhook[] {
    const webhooks = (configuration.webhooks ?? []) as readonly WebhookFields[]
    const counts = new Map<string, number>()
    return webhooks.map((fields) => {
      const count = counts.get(fields.name) ?? 0
      counts.set(fields.name, count + 1)
      return new Webhook(`${configuration.metadata.name}/${fields.name}/${count}`, fields)
    })
  }

  get name(): string {
    return this.#fields.name
  }

  get clientConfig(): WebhookFields['clientConfig'] {
    return this.#fields.clientConfig
  }

  get rules(): readonly Rule[] {
    return this.#fields.rules ?? []
  }

  get matchesEquivalents(): boolean {
    return this.#fields.matchPolicy === 'Equivalent'
  }

  get ignoresFailures(): boolean {
    return this.#fields.failurePolicy === 'Ignore'
  }

  get allowsDryRun(): boolean {
    return this.#fields.sideEffects === 'None' || this.#fields.sideEffects === 'NoneOnDryRun'
  }

  get isReinvoked(): boolean {
    return this.#fields.reinvocationPolicy === 'IfNeeded'
  }

  get timeoutSeconds(): number {
    return this.#fields.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS
  }

  /** The first that both know. */
  get reviewVersion(): ReviewVersion | undefined {
    const [version] = (this.#fields.admissionReviewVersions ?? []).flatMap(
      (accepted) => REVIEW_VERSIONS.find((known) => known === accepted) ?? [],
    )
    return version
  }

  get namespaceSelector(): LabelSelector {
    this.#namespaceSelector ??= compileLabelSelector(this.#fields.namespaceSelector ?? {})
    return this.#namespaceSelector
  }

  get objectSelector(): LabelSelector {
    this.#objectSelector ??= compileLabelSelector(this.#fields.objectSelector ?? {})
    return this.#objectSelector
  }

  get conditions(): MatchConditions {
    const { matchConditions = [], failurePolicy } = this.#fields
    this.#conditions ??= new MatchConditions(matchConditions, { failurePolicy })
    return this.#conditions
  }
}
