import { Histogram, type Registry } from '../common/prometheus.ts'
import type { PlacementControllerMetrics } from './placement-controller.ts'

const SECONDS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1_000]

/** The label that all have. */
const NAME = 'placement_scheduling'

/** How long choosing takes, under the original's names (placement/controllers/metrics). */
export class PlacementMetrics implements PlacementControllerMetrics {
  readonly #plugins: Histogram<'name' | 'plugin_type' | 'plugin_name'>
  readonly #scheduling: Histogram<'name'>
  readonly #binding: Histogram<'name'>

  constructor(registry: Registry) {
    const common = { buckets: SECONDS, registers: [registry] }
    this.#plugins = new Histogram({
      ...common,
      name: 'scheduling_plugin_duration_seconds',
      help: 'How long a step of choosing clusters takes',
      labelNames: ['name', 'plugin_type', 'plugin_name'],
    })
    this.#scheduling = new Histogram({
      ...common,
      name: 'scheduling_scheduling_duration_seconds',
      help: 'How long it takes to choose clusters for a Placement',
      labelNames: ['name'],
    })
    this.#binding = new Histogram({
      ...common,
      name: 'scheduling_bind_duration_seconds',
      help: 'How long it takes to write decisions down',
      labelNames: ['name'],
    })
  }

  observeScheduling(seconds: number): void {
    this.#scheduling.observe({ name: NAME }, seconds)
  }

  observeBinding(seconds: number): void {
    this.#binding.observe({ name: NAME }, seconds)
  }

  observePlugin(type: 'filter' | 'prioritizer', name: string, seconds: number): void {
    this.#plugins.observe({ name: NAME, plugin_type: type, plugin_name: name }, seconds)
  }
}
