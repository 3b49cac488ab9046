import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import { keyText } from './object-key.ts'

/** Under which values an object is to be found. */
export type Indexer<T> = (object: T) => readonly string[]

/** What informers keep, to be read by everybody. Objects are shared: they must not be changed. */
export interface ObjectReader<T> {
  get(key: ObjectKey | string): T | undefined
  /** All objects, or those of a namespace. */
  list(namespace?: string): readonly T[]
  /** Objects that the indexer `index` has put under `value`. Throws an Error if there is no such index. */
  byIndex(index: string, value: string): readonly T[]
  readonly size: number
}

const BY_NAMESPACE = 'namespace'

/**
 * Objects by their keys, and by what indexers say of them. Invariant: every index holds exactly the stored objects' keys, each
 * under the values that its indexer gave when the object was put.
 */
export class ObjectStore<T extends KubeObject> implements ObjectReader<T> {
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, { indexer: Indexer<T>; keysByValue: Map<string, Set<string>> }>()

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.addIndexer(BY_NAMESPACE, ({ metadata }) => [metadata.namespace ?? ''])
    for (const [name, indexer] of Object.entries(indexers)) this.addIndexer(name, indexer)
  }

  /** Existing objects are put into it, too. Throws an Error if the name is taken by another indexer. */
  addIndexer(name: string, indexer: Indexer<T>): void {
    const existing = this.#indexes.get(name)
    if (existing?.indexer === indexer) return
    if (existing) throw new Error(`there is an index ${JSON.stringify(name)} already`)
    const keysByValue = new Map<string, Set<string>>()
    this.#indexes.set(name, { indexer, keysByValue })
    for (const [key, object] of this.#objects) addKey(keysByValue, indexer(object), key)
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: ObjectKey | string): T | undefined {
    return this.#objects.get(typeof key === 'string' ? key : keyText(key))
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(BY_NAMESPACE, namespace)
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name)
    if (!index) throw new Error(`there is no index ${JSON.stringify(name)}`)
    return [...(index.keysByValue.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? [])
  }

  keys(): Iterable<string> {
    return this.#objects.keys()
  }

  /** Returns what was there before. */
  put(key: string, object: T): T | undefined {
    const previous = this.delete(key)
    this.#objects.set(key, object)
    for (const { indexer, keysByValue } of this.#indexes.values()) addKey(keysByValue, indexer(object), key)
    return previous
  }

  /** Returns what was there before. */
  delete(key: string): T | undefined {
    const previous = this.#objects.get(key)
    if (previous === undefined) return undefined
    this.#objects.delete(key)
    for (const { indexer, keysByValue } of this.#indexes.values())
      removeKey(keysByValue, indexer(previous), key)
    return previous
  }
}

function addKey(keysByValue: Map<string, Set<string>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const keys = keysByValue.get(value)
    if (keys) keys.add(key)
    else keysByValue.set(value, new Set([key]))
  }
}

function removeKey(keysByValue: Map<string, Set<string>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const keys = keysByValue.get(value)
    keys?.delete(key)
    if (keys?.size === 0) keysByValue.delete(value)
  }
}
