import { decodeItem, type KubeObject } from '../../registry/index.ts'
import type { Item, ObjectStore } from '../../storage/index.ts'
import { type Amounts, onlyAmounts, sumAmounts } from '../amounts/index.ts'
import type { Counter } from './counter.ts'
import type { Counters } from './counters.ts'
import { countedNames, hardOf, isInScopes, isUnscoped } from './quota.ts'

/** How much of the quotas is used, by what is in the store. */
export class QuotaUsage {
  readonly #store: ObjectStore
  readonly #counters: Counters
  // What is counted with every write is parsed once.
  readonly #parsed = new WeakMap<Item, KubeObject>()

  constructor(components: { readonly store: ObjectStore; readonly counters: Counters }) {
    this.#store = components.store
    this.#counters = components.counters
  }

  /** The quotas of a namespace. */
  quotas(namespace: string): KubeObject[] {
    return this.#store.list('resourcequotas', { namespace }).items.map((item) => this.#decode(item))
  }

  /** What of a quota is used, under each name that means anything. */
  used(quota: KubeObject): Amounts {
    const resources = this.#counters.resourcesOf([...hardOf(quota).keys()])
    return sumAmounts(resources.map((resource) => this.usedBy(quota, resource)))
  }

  /** What of a quota is used by the objects of one resource. */
  usedBy(quota: KubeObject, resource: string): Amounts {
    const { namespace = '' } = quota.metadata
    const counter = this.#counters.of(resource)
    const names = countedNames(quota, counter)
    const { items } = this.#store.list(resource, { namespace })
    const nothing: Amounts = new Map(names.map((name) => [name, '0']))
    const { usage } = counter
    if (!usage) {
      const number = isUnscoped(quota) ? String(items.length) : '0'
      return new Map(names.map((name) => [name, number]))
    }
    const taken = items
      .map((item) => this.#decode(item))
      .filter((object) => isInScopes(quota, counter, object))
      .map((object) => onlyAmounts(usage(object), (name) => names.includes(name)))
    return sumAmounts([nothing, ...taken])
  }

  #decode(item: Item): KubeObject {
    const known = this.#parsed.get(item)
    if (known) return known
    const object = decodeItem(item)
    this.#parsed.set(item, object)
    return object
  }
}

/** What an object takes of what a quota counts. */
export function usageOf(counter: Counter, names: readonly string[], object: KubeObject): Amounts {
  if (!counter.usage) return new Map(names.map((name) => [name, '1']))
  return onlyAmounts(counter.usage(object), (name) => names.includes(name))
}
