import { Counter, Gauge, Histogram, type Registry } from './prometheus.ts'

/** Makes the metrics of one process: all in one registry, and their names behind one prefix. */
export class MetricFactory {
  readonly #registers: Registry[]
  readonly #prefix: string

  constructor(registry: Registry, prefix: string) {
    this.#registers = [registry]
    this.#prefix = prefix
  }

  counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `${this.#prefix}_${name}`, help, labelNames, registers: this.#registers })
  }

  gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `${this.#prefix}_${name}`, help, labelNames, registers: this.#registers })
  }

  histogram<Label extends string>(
    name: string,
    help: string,
    bucketsSeconds: readonly number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    return new Histogram({
      name: `${this.#prefix}_${name}`,
      help,
      labelNames,
      buckets: [...bucketsSeconds],
      registers: this.#registers,
    })
  }
}
