import type { Registry } from 'prom-client'
import { MetricFactory } from '../../../common/metric-factory.ts'

const PREFIX = 'apiserver_admission_webhook'

const DURATION_BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]
/** Larger ones are told as this, so that a webhook cannot make up as many as it likes. */
const LARGEST_CODE = 600

/** One time that a webhook was asked. */
export interface WebhookCallLabels {
  readonly name: string
  readonly type: 'admit' | 'validating'
  readonly operation: string
}

/** Whose fault it is that a request was refused: nobody's when the webhook wanted it so. */
export type RejectionType = 'no_error' | 'calling_webhook_error' | 'apiserver_internal_error'

/** What is counted of the webhooks that are asked about writes (k8s.io/apiserver, admission/metrics). One for a registry. */
export class WebhookMetrics {
  readonly #make: MetricFactory
  readonly #requests
  readonly #durations
  readonly #rejections
  readonly #failOpens

  constructor(registry: Registry) {
    this.#make = new MetricFactory(registry, PREFIX)
    const labels = ['name', 'type', 'operation'] as const
    this.#requests = this.#make.counter(
      'request_total',
      'Times that webhooks were asked, by their answers.',
      [...labels, 'code', 'rejected'],
    )
    this.#durations = this.#make.histogram(
      'admission_duration_seconds',
      'Time that webhooks took, in seconds.',
      DURATION_BUCKETS_SECONDS,
      [...labels, 'rejected'],
    )
    this.#rejections = this.#make.counter(
      'rejection_count',
      'Requests that were refused by webhooks, or for their failures.',
      [...labels, 'error_type', 'rejection_code'],
    )
    this.#failOpens = this.#make.counter('fail_open_count', 'Failures of webhooks that did not matter.', [
      'name',
      'type',
    ])
  }

  observeCall(
    call: WebhookCallLabels,
    {
      code,
      rejected,
      seconds,
    }: { readonly code: number; readonly rejected: boolean; readonly seconds: number },
  ): void {
    const labels = { ...call, rejected: String(rejected) }
    this.#requests.inc({ ...labels, code: Math.min(code, LARGEST_CODE) })
    this.#durations.observe(labels, seconds)
  }

  observeRejection(call: WebhookCallLabels, errorType: RejectionType, code: number): void {
    this.#rejections.inc({ ...call, error_type: errorType, rejection_code: Math.min(code, LARGEST_CODE) })
  }

  observeFailOpen({ name, type }: WebhookCallLabels): void {
    this.#failOpens.inc({ name, type })
  }
}
