import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../common/errors.ts'
import { History, type HistoryOptions } from './history.ts'
import type { Item, ItemEvent } from './item.ts'
import type { Change, Journal } from './journal.ts'
import { keyRange, resourceOfKey } from './keys.ts'
import { SortedKeys } from './sorted-keys.ts'
import { StorageError } from './storage-error.ts'

const COMPACTION_PORTION = 1_000

/** The revision that was asked for is too old to be known. */
export class RevisionGoneError extends AppError {
  readonly oldestRevision: number

  constructor(revision: number, oldestRevision: number) {
    super('ERR_REVISION_GONE', `revision ${revision} is gone, the oldest one known is ${oldestRevision}`)
    this.oldestRevision = oldestRevision
  }
}

/** What is to become of an object: new bytes, made once its revision is known, or its end. */
export interface Draft {
  readonly encode: (revision: number) => Buffer
  readonly deleted?: boolean
}

export interface ListOptions {
  /** @default all namespaces */
  readonly namespace?: string
  /** Begins behind this key. */
  readonly after?: string
  /** @default all */
  readonly limit?: number
  /** As things were at this revision. @default now */
  readonly revision?: number
}

export interface ListResult {
  readonly items: readonly Item[]
  /** What everything listed was true at. */
  readonly revision: number
  /** How many there are behind the last one listed. */
  readonly remaining: number
}

export type ItemListener = (events: readonly ItemEvent[]) => void

interface Write {
  readonly change: Change
  readonly done: PromiseWithResolvers<Item>
}

interface Waiting {
  readonly revision: number
  readonly resolve: (reached: boolean) => void
}

interface Collection {
  readonly items: Map<string, Item>
  readonly keys: SortedKeys
  readonly listeners: Set<ItemListener>
}

/**
 * All objects, in memory, and behind them a journal that has every change before anybody sees it. One counter numbers all
 * changes; what is read or watched is what was true at some revision, never a mixture.
 *
 * Invariant: changes become visible in the order of their revisions, and only once the journal has them. Writes that come
 * while the journal is busy are given to it together.
 */
export class ObjectStore {
  readonly #journal: Journal
  readonly #collections = new Map<string, Collection>()
  readonly #history: History
  readonly #now: () => number
  /** The last write to each key that the journal does not have yet. */
  readonly #pending = new Map<string, Promise<unknown>>()
  readonly #waiting = new Set<Waiting>()
  #queue: Write[] = []
  #flushing: Promise<void> | undefined
  #compacting: Promise<void> | undefined
  /** Changes that are in the journal for nothing: a compaction was cut short. */
  #obsolete: number[] = []
  #revision = 0
  #lastGiven = 0
  #closed = false

  /** Opens the journal, which is owned from now on. */
  static async open(
    journal: Journal,
    options: HistoryOptions & { readonly now?: () => number } = {},
  ): Promise<ObjectStore> {
    const { compactedRevision, changes } = await journal.open()
    return new ObjectStore(journal, compactedRevision, changes, options)
  }

  private constructor(
    journal: Journal,
    compactedRevision: number,
    changes: readonly Change[],
    options: HistoryOptions & { readonly now?: () => number },
  ) {
    this.#journal = journal
    this.#now = options.now ?? Date.now
    this.#history = new History(compactedRevision, options)
    const now = this.#now()
    for (const change of changes) {
      const event = this.#apply(change)
      if (change.revision > compactedRevision) this.#history.add(event, now)
      else this.#obsolete.push(...obsoleteRevisions(event))
    }
    // The last change may have been a deletion that nothing is kept of; its revision is not given again.
    this.#revision = Math.max(this.#revision, compactedRevision)
    this.#lastGiven = this.#revision
  }

  /** Of the last change that can be seen. */
  get revision(): number {
    return this.#revision
  }

  /** Nothing is known of how things were before this revision. */
  get oldestRevision(): number {
    return this.#history.forgottenRevision
  }

  get(key: string): Item | undefined {
    return this.#collections.get(resourceOfKey(key))?.items.get(key)
  }

  /** How many objects of a resource there are. */
  count(resource: string): number {
    return this.#collections.get(resource)?.items.size ?? 0
  }

  /**
   * Changes one object. `decide` sees it as it is and says what is to become of it, or nothing, or throws; between that and the
   * change nobody else changes it. Resolves with the object once the journal has it.
   *
   * @throws StorageError when the journal cannot take it, and whatever `decide` throws
   */
  async write(
    key: string,
    decide: (current: Item | undefined) => Draft | undefined,
  ): Promise<Item | undefined> {
    for (let pending = this.#pending.get(key); pending; pending = this.#pending.get(key)) await pending
    if (this.#closed) throw new StorageError('ERR_STORAGE_CLOSED', 'the control plane is stopping')
    const current = this.get(key)
    const draft = decide(current)
    if (!draft) return current
    const revision = ++this.#lastGiven
    const change = { revision, key, deleted: draft.deleted ?? false, value: draft.encode(revision) }
    const done = Promise.withResolvers<Item>()
    const settled = done.promise.then(
      () => this.#pending.delete(key),
      () => this.#pending.delete(key),
    )
    this.#pending.set(key, settled)
    this.#queue.push({ change, done })
    this.#flushing ??= this.#flush()
    return done.promise
  }

  /**
   * Lists objects by ascending key.
   *
   * @throws RevisionGoneError
   */
  list(resource: string, options: ListOptions = {}): ListResult {
    const revision = options.revision ?? this.#revision
    if (revision < this.#history.forgottenRevision)
      throw new RevisionGoneError(revision, this.#history.forgottenRevision)
    const collection = this.#collections.get(resource)
    if (!collection) return { items: [], revision, remaining: 0 }
    return revision >= this.#revision
      ? listNow(collection, resource, options, revision)
      : listThen(this.#itemsAt(collection, resource, revision), resource, options, revision)
  }

  /**
   * Tells of all changes of a resource behind `revision`: those that have been, at once, and then those to come. The listener
   * must not throw. Returns what ends it.
   *
   * @throws RevisionGoneError
   */
  watch(resource: string, revision: number, listener: ItemListener): () => void {
    if (revision < this.#history.forgottenRevision)
      throw new RevisionGoneError(revision, this.#history.forgottenRevision)
    const collection = this.#collection(resource)
    const missed = [...this.#history.since(revision)].filter(
      ({ item }) => resourceOfKey(item.key) === resource,
    )
    if (missed.length > 0) listener(missed)
    // A revision that is still to come is waited for.
    const onEvents: ItemListener = (events) => {
      const unseen = isBehind(events[0], revision)
        ? events
        : events.filter((event) => isBehind(event, revision))
      if (unseen.length > 0) listener(unseen)
    }
    collection.listeners.add(onEvents)
    return () => collection.listeners.delete(onEvents)
  }

  /** Waits until `revision` can be seen; false when it cannot after `timeoutMs`. */
  reach(revision: number, timeoutMs: number): Promise<boolean> {
    if (revision <= this.#revision) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting: Waiting = { revision, resolve }
    const timer = setTimeout(() => resolve(false), timeoutMs)
    this.#waiting.add(waiting)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
    })
  }

  /** Forgets old changes. To be called now and then. */
  compact(): Promise<void> {
    this.#compacting ??= this.#compact().finally(() => {
      this.#compacting = undefined
    })
    return this.#compacting
  }

  /** Waits for what is being written. What is asked for after that is refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#flushing
    await this.#compacting?.catch(() => {})
    await this.#journal.close()
  }

  async #compact(): Promise<void> {
    const forgotten = this.#history.trim(this.#now())
    for (const event of forgotten) this.#obsolete.push(...obsoleteRevisions(event))
    if (forgotten.length === 0 && this.#obsolete.length === 0) return
    do {
      const portion = this.#obsolete.slice(0, COMPACTION_PORTION)
      await this.#journal.compact(this.#history.forgottenRevision, portion)
      this.#obsolete = this.#obsolete.slice(portion.length)
      await nextTurn() // writes go between
    } while (this.#obsolete.length > 0)
  }

  async #flush(): Promise<void> {
    await nextTurn() // what has come at the same time reaches the disk together
    while (this.#queue.length > 0) {
      const writes = this.#queue
      this.#queue = []
      try {
        await this.#journal.append(writes.map(({ change }) => change))
      } catch (error) {
        for (const { done } of writes) done.reject(error)
        continue
      }
      this.#publish(writes)
    }
    this.#flushing = undefined
  }

  #publish(writes: readonly Write[]): void {
    const now = this.#now()
    const events = new Map<string, ItemEvent[]>()
    for (const { change, done } of writes) {
      const event = this.#apply(change)
      this.#history.add(event, now)
      const resource = resourceOfKey(change.key)
      const list = events.get(resource)
      if (list) list.push(event)
      else events.set(resource, [event])
      done.resolve(event.item)
    }
    for (const { revision, resolve } of this.#waiting) if (revision <= this.#revision) resolve(true)
    for (const [resource, list] of events)
      for (const listener of this.#collection(resource).listeners) listener(list)
  }

  #apply({ key, revision, value, deleted }: Change): ItemEvent {
    const { items, keys } = this.#collection(resourceOfKey(key))
    const previous = items.get(key)
    const item: Item = { key, revision, value }
    if (deleted) {
      items.delete(key)
      keys.delete(key)
    } else {
      items.set(key, item)
      if (!previous) keys.add(key)
    }
    this.#revision = revision
    return { item, deleted, previous }
  }

  #collection(resource: string): Collection {
    let collection = this.#collections.get(resource)
    if (!collection) {
      collection = { items: new Map(), keys: new SortedKeys(), listeners: new Set() }
      this.#collections.set(resource, collection)
    }
    return collection
  }

  /** The objects of a resource as they were: what has happened since is taken back. */
  #itemsAt(collection: Collection, resource: string, revision: number): Map<string, Item> {
    const items = new Map(collection.items)
    const since = [...this.#history.since(revision)].reverse()
    for (const { item, previous } of since) {
      if (resourceOfKey(item.key) !== resource) continue
      if (previous) items.set(item.key, previous)
      else items.delete(item.key)
    }
    return items
  }
}

/** What the journal need not keep once `event` is history. */
function obsoleteRevisions({ item, previous, deleted }: ItemEvent): number[] {
  return [...(previous ? [previous.revision] : []), ...(deleted ? [item.revision] : [])]
}

function isBehind(event: ItemEvent | undefined, revision: number): boolean {
  return event !== undefined && event.item.revision > revision
}

function listNow(
  collection: Collection,
  resource: string,
  options: ListOptions,
  revision: number,
): ListResult {
  const { items, keys } = collection
  const { start, end } = keyRange(resource, options.namespace)
  const first = options.after === undefined ? keys.indexFrom(start) : keys.indexFrom(`${options.after}\0`)
  const behind = keys.indexFrom(end)
  const stop = Math.min(behind, first + (options.limit ?? Number.POSITIVE_INFINITY))
  const listed: Item[] = []
  for (let index = first; index < stop; index++) listed.push(items.get(keys.at(index) as string) as Item)
  return { items: listed, revision, remaining: Math.max(0, behind - stop) }
}

function listThen(
  items: ReadonlyMap<string, Item>,
  resource: string,
  options: ListOptions,
  revision: number,
): ListResult {
  const { start, end } = keyRange(resource, options.namespace)
  const { after = '', limit = Number.POSITIVE_INFINITY } = options
  const keys = [...items.keys()].filter((key) => key >= start && key < end && key > after).sort()
  const listed = keys.slice(0, limit).map((key) => items.get(key) as Item)
  return { items: listed, revision, remaining: keys.length - listed.length }
}
