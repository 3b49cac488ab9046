import type { Counter } from './counter.ts'
import { CLAIM_COUNTER, COUNTED_BY_NAME, objectCounter, SERVICE_COUNTER } from './object-counters.ts'
import { podCounter } from './pod-counter.ts'

const COUNT = 'count/'

/** How everything is counted. Resources are as the store names them. */
export class Counters {
  readonly #special: ReadonlyMap<string, Counter>

  constructor({ now }: { readonly now: () => number }) {
    this.#special = new Map([
      ['pods', podCounter(now)],
      ['services', SERVICE_COUNTER],
      ['persistentvolumeclaims', CLAIM_COUNTER],
    ])
  }

  of(resource: string): Counter {
    return this.#special.get(resource) ?? objectCounter(resource)
  }

  /** Those whose objects are counted under one of these names of a quota. */
  resourcesOf(names: readonly string[]): string[] {
    const named = names.filter((name) => name.startsWith(COUNT)).map((name) => name.slice(COUNT.length))
    const known = [...this.#special.keys(), ...COUNTED_BY_NAME]
    const counted = known.filter((resource) => names.some((name) => this.of(resource).counts(name)))
    return [...new Set([...named, ...counted])]
  }
}
