import type { KubeObject } from '../../apis/meta/v1.ts'
import type { KubeClient } from '../client/kube-client.ts'
import type { ResourceDefinition } from '../client/resource-definition.ts'
import { Informer, type InformerOptions, waitForCacheSync } from './informer.ts'

/** What an informer sees; two that ask for the same share it. */
export type Scope = Pick<InformerOptions<KubeObject>, 'namespace' | 'labelSelector' | 'fieldSelector'>

/** The informers of a process, one for each resource and scope, so that all who want the same share one watch and one memory. */
export class Informers {
  readonly #client: KubeClient
  readonly #informers = new Map<string, { informer: Informer<never>; options: object }>()
  #isStarted = false

  constructor(client: KubeClient) {
    this.#client = client
  }

  /**
   * The informer of a resource and scope, made when it is asked for first, and then with its options (to which indexers can be
   * added later). Throws an Error if somebody asks for it with another transform.
   */
  for<T extends KubeObject>(definition: ResourceDefinition, options: InformerOptions<T> = {}): Informer<T> {
    const { group, version, plural } = definition
    const { namespace, labelSelector, fieldSelector, transform } = options
    const id = JSON.stringify([group, version, plural, namespace, labelSelector, fieldSelector])
    const existing = this.#informers.get(id)
    if (!existing) return this.#create<T>(id, definition, options)
    if (transform && transform !== (existing.options as InformerOptions<T>).transform) {
      throw new Error(`the informer of ${plural} is shared, and has another transform`)
    }
    const informer = existing.informer as unknown as Informer<T>
    for (const [name, indexer] of Object.entries(options.indexers ?? {})) informer.addIndexer(name, indexer)
    return informer
  }

  #create<T extends KubeObject>(
    id: string,
    definition: ResourceDefinition,
    options: InformerOptions<T>,
  ): Informer<T> {
    const { clock, log } = this.#client
    const informer = new Informer<T>({ resource: this.#client.resource<T>(definition), clock, log }, options)
    this.#informers.set(id, { informer: informer as unknown as Informer<never>, options })
    if (this.#isStarted) informer.start()
    return informer
  }

  /** Starts all, and those that are made later as they are made. */
  start(): void {
    this.#isStarted = true
    for (const { informer } of this.#informers.values()) informer.start()
  }

  async stop(): Promise<void> {
    this.#isStarted = false
    await Promise.all([...this.#informers.values()].map(({ informer }) => informer.stop()))
  }

  waitForSync(signal?: AbortSignal): Promise<void> {
    return waitForCacheSync(
      [...this.#informers.values()].map(({ informer }) => informer),
      signal,
    )
  }
}
