import type { KubeObject } from '../../apis/meta/v1.ts'
import { aborted } from '../../common/aborted.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import type { ResourceClient } from '../client/resource-client.ts'
import { type Clock, systemClock } from '../clock.ts'
import { keyOf } from './object-key.ts'
import { type Indexer, type ObjectReader, ObjectStore } from './object-store.ts'
import { Reflector, type ReflectorOptions } from './reflector.ts'

/** Whom an informer tells of changes. Handlers return at once: what takes time belongs into a queue. */
export interface EventHandler<T> {
  /** Also for each object that was there before the handler. */
  onAdd?(object: T, info: { readonly isInInitialList: boolean }): void
  onUpdate?(previous: T, object: T): void
  /** The last state that was seen; with `isFinalStateUnknown`, the deletion itself was missed. */
  onDelete?(object: T, info: { readonly isFinalStateUnknown: boolean }): void
}

export interface InformerComponents<T extends KubeObject> {
  readonly resource: ResourceClient<T>
  /** @default systemClock */
  readonly clock?: Clock
  /** @default says nothing */
  readonly log?: Logger
}

export interface InformerOptions<T> extends ReflectorOptions<T> {
  readonly indexers?: Readonly<Record<string, Indexer<T>>>
  /** Tells handlers of all objects again, as updates to themselves, so often. @default 0, never */
  readonly resyncMs?: number
}

/**
 * Keeps the objects of a resource in memory and tells any number of handlers of their changes, over one watch.
 *
 * Handlers see each state once, in order: an object is added, updated any number of times, and deleted. A handler that throws
 * is logged and goes on. The store always shows what handlers have been told.
 */
export class Informer<T extends KubeObject> {
  readonly resource: ResourceClient<T>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: InformerOptions<T>
  readonly #objects: ObjectStore<T>
  readonly #handlers = new Set<EventHandler<T>>()
  readonly #synced = Promise.withResolvers<void>()
  readonly #stopping = new AbortController()
  #hasSynced = false
  #running: Promise<unknown> | undefined

  constructor(components: InformerComponents<T>, options: InformerOptions<T> = {}) {
    const { resource, clock = systemClock, log = silentLogger } = components
    this.resource = resource
    this.#clock = clock
    this.#log = log.child({ component: 'informer', resource: resource.definition.plural })
    this.#options = options
    this.#objects = new ObjectStore<T>(options.indexers)
  }

  /** What there is, as far as it is known. Complete once `hasSynced`. */
  get store(): ObjectReader<T> {
    return this.#objects
  }

  /** Whether all objects have been seen, and all handlers told. */
  get hasSynced(): boolean {
    return this.#hasSynced
  }

  /** Throws an Error if another indexer has the name. */
  addIndexer(name: string, indexer: Indexer<T>): void {
    this.#objects.addIndexer(name, indexer)
  }

  /** Tells the handler of what there is, at once, and of changes from then on. Returns how to end that. */
  addHandler(handler: EventHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.list()) {
      this.#guarded(() => handler.onAdd?.(object, { isInInitialList: true }))
    }
    return () => this.#handlers.delete(handler)
  }

  /** Does not wait for the API. */
  start(): void {
    this.#running ??= Promise.all([this.#reflect(), this.#resync()])
  }

  /** What is in the store stays there, and grows old. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Resolves once all objects have been seen; rejects with the reason of `signal`. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#hasSynced) return
    await (signal ? Promise.race([this.#synced.promise, aborted(signal)]) : this.#synced.promise)
    signal?.throwIfAborted()
  }

  #reflect(): Promise<void> {
    const sink = {
      replace: (objects: readonly T[]) => this.#replace(objects),
      handle: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T) =>
        type === 'DELETED' ? this.#remove(keyOf(object), object) : this.#put(object),
    }
    const components = { resource: this.resource, sink, clock: this.#clock, log: this.#log }
    return new Reflector<T>(components, this.#options).run(this.#stopping.signal)
  }

  async #resync(): Promise<void> {
    const { resyncMs = 0 } = this.#options
    const { signal } = this.#stopping
    while (resyncMs > 0 && !signal.aborted) {
      await this.#clock.sleep(resyncMs, signal).catch(() => {}) // it rejects only when aborted
      if (signal.aborted) return
      for (const object of this.#objects.list()) this.#tell((handler) => handler.onUpdate?.(object, object))
    }
  }

  #replace(objects: readonly T[]): void {
    const gone = new Set(this.#objects.keys())
    for (const object of objects) {
      gone.delete(keyOf(object))
      this.#put(object)
    }
    for (const key of gone) this.#remove(key)
    if (this.#hasSynced) return
    this.#hasSynced = true
    this.#synced.resolve()
  }

  #put(object: T): void {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous && isSameState(previous, object)) return
    // It was deleted and made again, unseen: two objects, of which the first is gone.
    if (previous && previous.metadata.uid !== object.metadata.uid) this.#remove(key)
    const replaced = this.#objects.put(key, object)
    if (replaced) this.#tell((handler) => handler.onUpdate?.(replaced, object))
    else this.#tell((handler) => handler.onAdd?.(object, { isInInitialList: !this.#hasSynced }))
  }

  /** `lastState` is absent where the deletion was not seen. */
  #remove(key: string, lastState?: T): void {
    const previous = this.#objects.delete(key)
    if (!previous) return
    const object = lastState ?? previous
    this.#tell((handler) => handler.onDelete?.(object, { isFinalStateUnknown: lastState === undefined }))
  }

  #tell(event: (handler: EventHandler<T>) => void): void {
    for (const handler of [...this.#handlers]) this.#guarded(() => event(handler))
  }

  #guarded(call: () => void): void {
    try {
      call()
    } catch (err) {
      this.#log.error({ err }, 'an event handler failed')
    }
  }
}

function isSameState(one: KubeObject, other: KubeObject): boolean {
  const { resourceVersion, uid } = one.metadata
  return (
    resourceVersion !== undefined &&
    resourceVersion === other.metadata.resourceVersion &&
    uid === other.metadata.uid
  )
}

/** Resolves once all of them have synced; rejects with the reason of `signal`. */
export async function waitForCacheSync(
  informers: Iterable<Pick<Informer<never>, 'waitForSync'>>,
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(Array.from(informers, (informer) => informer.waitForSync(signal)))
}
