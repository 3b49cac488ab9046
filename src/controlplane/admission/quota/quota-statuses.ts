import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../../common/log.ts'
import type { JsonObject } from '../../api/json.ts'
import { isStatus } from '../../api/status.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import type { Counters } from './counters.ts'
import { hardOf } from './quota.ts'
import type { QuotaUsage } from './quota-usage.ts'

export interface QuotaStatusesComponents {
  readonly log: Logger
  readonly store: ObjectStore
  readonly counters: Counters
  readonly usage: QuotaUsage
  /** Writes the status of a quota, made of the quota as it is then. */
  readonly writeStatus: (
    quota: { readonly namespace: string; readonly name: string },
    status: (quota: KubeObject) => JsonObject,
  ) => Promise<void>
}

const QUOTAS = 'resourcequotas'

/** Keeps the status of all quotas right: follows them and whatever they count. */
export class QuotaStatuses {
  readonly #components: QuotaStatusesComponents
  /** What ends the following of each resource. */
  readonly #followed = new Map<string, () => void>()
  /** Namespaces to look at. */
  readonly #dirty = new Set<string>()
  #working: Promise<void> | undefined

  constructor(components: QuotaStatusesComponents) {
    this.#components = components
  }

  start(): void {
    const { store } = this.#components
    this.#follow(QUOTAS)
    for (const { key } of store.list(QUOTAS).items) this.#look(namespaceOf(key))
  }

  async stop(): Promise<void> {
    for (const end of this.#followed.values()) end()
    this.#followed.clear()
    this.#dirty.clear()
    await this.#working
  }

  #follow(resource: string): void {
    if (this.#followed.has(resource)) return
    const { store } = this.#components
    const end = store.watch(resource, store.revision, (events) => {
      for (const { item } of events) {
        const namespace = namespaceOf(item.key)
        if (store.list(QUOTAS, { namespace, limit: 1 }).items.length > 0) this.#look(namespace)
      }
    })
    this.#followed.set(resource, end)
  }

  #look(namespace: string): void {
    this.#dirty.add(namespace)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    await Promise.resolve() // whoever has told of the change goes first
    for (const namespace of this.#dirty) {
      this.#dirty.delete(namespace)
      for (const quota of this.#components.usage.quotas(namespace)) await this.#bringUpToDate(quota)
    }
    this.#working = undefined
  }

  async #bringUpToDate(quota: KubeObject): Promise<void> {
    const { log, counters, writeStatus } = this.#components
    for (const resource of counters.resourcesOf([...hardOf(quota).keys()])) this.#follow(resource)
    const { namespace = '', name = '' } = quota.metadata
    try {
      if (isDeepStrictEqual(quota.status, this.#statusOf(quota))) return
      await writeStatus({ namespace, name }, (now) => this.#statusOf(now))
    } catch (err) {
      const isGone = isStatus(err, 'NotFound')
      if (!isGone) log.error({ err, namespace, quota: name }, 'cannot write what of a quota is used')
    }
  }

  #statusOf(quota: KubeObject): JsonObject {
    const used = this.#components.usage.used(quota)
    return { hard: Object.fromEntries(hardOf(quota)), used: Object.fromEntries(used) }
  }
}

function namespaceOf(key: string): string {
  const [, namespace = ''] = key.split('/')
  return namespace
}
