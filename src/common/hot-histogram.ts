import type { Metric, Registry } from 'prom-client'

/**
 * A histogram without labels for what happens with every packet: prom-client's puts together labels and looks buckets up by their
 * decimal digits, which costs more than the packet. This one adds to a number, and puts the rest together when somebody collects.
 */
export class HotHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly labelNames: readonly string[] = []
  readonly #bounds: Float64Array
  /** One more than there are bounds, for what is above them all. */
  readonly #counts: Float64Array
  #sum = 0

  constructor(
    registry: Registry,
    options: { readonly name: string; readonly help: string; readonly bounds: readonly number[] },
  ) {
    this.name = options.name
    this.help = options.help
    this.#bounds = Float64Array.from(options.bounds)
    this.#counts = new Float64Array(options.bounds.length + 1)
    registry.registerMetric(this as unknown as Metric) // it asks for no more than this has, its type does
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let index = 0
    while (index < bounds.length && value > (bounds[index] as number)) index++
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#sum += value
  }

  reset(): void {
    this.#counts.fill(0)
    this.#sum = 0
  }

  /** In the shape that prom-client's registry collects. */
  async get() {
    const { name, help, type, aggregator } = this
    let count = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, index) => {
      count += this.#counts[index] as number
      return { metricName: `${name}_bucket`, labels: { le }, value: count }
    })
    const totals = [
      { metricName: `${name}_sum`, labels: {}, value: this.#sum },
      { metricName: `${name}_count`, labels: {}, value: count },
    ]
    return { name, help, type, aggregator, values: [...buckets, ...totals] }
  }
}
