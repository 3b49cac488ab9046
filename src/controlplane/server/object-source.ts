import { decodeItem, type KubeObject } from '../registry/index.ts'
import { type Item, type ItemEvent, type ObjectStore, objectKey } from '../storage/index.ts'

/** Objects as they are now, read from the store by those parts of the server that live by them. */
export class ObjectSource {
  readonly #store: ObjectStore
  // What is asked for again and again, such as a service account with each request of its pods, is parsed once.
  readonly #parsed = new WeakMap<Item, KubeObject>()

  constructor(components: { readonly store: ObjectStore }) {
    this.#store = components.store
  }

  /** `resource` is as the store names it; `namespace` is empty for what has none. */
  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    const item = this.#store.get(objectKey(resource, namespace, name))
    if (!item) return undefined
    let object = this.#parsed.get(item)
    if (!object) {
      object = decodeItem(item)
      this.#parsed.set(item, object)
    }
    return object
  }

  /** All objects of a resource, or those of one namespace. */
  list(resource: string, namespace?: string): KubeObject[] {
    return this.#store.list(resource, namespace === undefined ? {} : { namespace }).items.map(decodeItem)
  }

  /**
   * Tells of all objects of a resource at once, and then of every change: `undefined` for what is gone. Returns what ends it.
   */
  follow(resource: string, listener: (object: KubeObject, isGone: boolean) => void): () => void {
    const { items, revision } = this.#store.list(resource)
    for (const item of items) listener(decodeItem(item), false)
    return this.#store.watch(resource, revision, (events: readonly ItemEvent[]) => {
      for (const { item, deleted } of events) listener(decodeItem(item), deleted)
    })
  }
}
