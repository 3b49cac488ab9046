import type { Registry } from 'prom-client'
import { MetricFactory } from '../../../common/metric-factory.ts'

const REQUEST_BUCKETS_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60]
/** From a millisecond on, each twice the one before. */
const DEFINITION_BUCKETS_SECONDS = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index)

/** What was wrong with a webhook's answer; none when nothing was. */
export type ConversionFailure =
  | 'conversion_webhook_call_failure'
  | 'conversion_webhook_malformed_response_failure'
  | 'conversion_webhook_partial_response_failure'
  | 'conversion_webhook_no_objects_returned_failure'
  | 'conversion_webhook_invalid_converted_object_failure'

/** One time that a webhook was asked to convert objects. */
export interface ObservedConversion {
  readonly definition: string
  readonly fromVersion: string
  readonly toVersion: string
  /** Undefined for a success. */
  readonly failure: ConversionFailure | undefined
  readonly seconds: number
}

/** What is counted of conversion webhooks (apiextensions-apiserver, pkg/apiserver/conversion/metrics.go). One for a registry. */
export class ConversionMetrics {
  readonly #requests
  readonly #durations
  readonly #definitionDurations

  constructor(registry: Registry) {
    const make = new MetricFactory(registry, 'apiserver')
    this.#requests = make.counter(
      'conversion_webhook_request_total',
      'Times that conversion webhooks were asked, by how they answered.',
      ['result', 'failure_type'],
    )
    this.#durations = make.histogram(
      'conversion_webhook_duration_seconds',
      'Time that conversion webhooks took, in seconds.',
      REQUEST_BUCKETS_SECONDS,
      ['result', 'failure_type'],
    )
    this.#definitionDurations = make.histogram(
      'crd_conversion_webhook_duration_seconds',
      'Time that conversions by webhooks took, in seconds, by what was converted.',
      DEFINITION_BUCKETS_SECONDS,
      ['crd_name', 'from_version', 'to_version', 'succeeded'],
    )
  }

  observe({ definition, fromVersion, toVersion, failure, seconds }: ObservedConversion): void {
    const result = { result: failure ? 'failure' : 'success', failure_type: failure ?? '' }
    this.#requests.inc(result)
    this.#durations.observe(result, seconds)
    this.#definitionDurations.observe(
      { crd_name: definition, from_version: fromVersion, to_version: toVersion, succeeded: String(!failure) },
      seconds,
    )
  }
}
