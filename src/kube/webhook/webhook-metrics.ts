import { Counter, Gauge, Histogram, type Registry } from '../../common/prometheus.ts'

/** From 10 ns to 1,000 s. */
const LATENCY_SECONDS = Array.from({ length: 12 }, (_, index) => 10 ** (index - 8))

/** How webhooks are called, under controller-runtime's names. One for a registry. */
export class WebhookMetrics {
  readonly #requests: Counter<'webhook' | 'code'>
  readonly #inFlight: Gauge<'webhook'>
  readonly #latency: Histogram<'webhook'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.#requests = new Counter({
      name: 'controller_runtime_webhook_requests_total',
      help: 'Requests to webhooks, by HTTP status code',
      labelNames: ['webhook', 'code'],
      registers,
    })
    this.#inFlight = new Gauge({
      name: 'controller_runtime_webhook_requests_in_flight',
      help: 'Requests to webhooks that are being answered',
      labelNames: ['webhook'],
      registers,
    })
    this.#latency = new Histogram({
      name: 'controller_runtime_webhook_latency_seconds',
      help: 'How long webhooks take to answer',
      labelNames: ['webhook'],
      buckets: LATENCY_SECONDS,
      registers,
    })
  }

  /** Shows a webhook before it is called first, with the codes that it will most likely answer. */
  expect(webhook: string): void {
    for (const code of ['200', '500']) this.#requests.inc({ webhook, code }, 0)
    this.#inFlight.set({ webhook }, 0)
  }

  begin(webhook: string): void {
    this.#inFlight.inc({ webhook })
  }

  end(webhook: string, code: number, seconds: number): void {
    this.#inFlight.dec({ webhook })
    this.#requests.inc({ webhook, code: String(code) })
    this.#latency.observe({ webhook }, seconds)
  }
}
