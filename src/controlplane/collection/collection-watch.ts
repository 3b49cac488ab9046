import { StatusError } from '../api/status.ts'
import { decodeItem, type KubeObject } from '../registry/index.ts'
import { type ItemEvent, keyRange, nameOfKey, type ObjectStore, RevisionGoneError } from '../storage/index.ts'
import type { Collection } from './collection-list.ts'
import type { Selection } from './selection.ts'

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** One frame of a watch, its object as bytes that were kept, or made for it. */
export interface WatchEvent {
  readonly type: WatchEventType
  readonly object: Buffer | KubeObject
  /** The bytes before the change, where they are asked for. */
  readonly previous?: Buffer
}

export interface WatchOptions {
  /** Tells of changes behind it; undefined, or 0, of those to come. */
  readonly resourceVersion: number | undefined
  /** Begins with all there is, whatever version is given, and says by a bookmark where that ends. */
  readonly sendInitialEvents: boolean
  readonly allowBookmarks: boolean
  /** What has another name is not selected, and need not be decoded to see that; empty means nothing. @default empty */
  readonly name?: string
  /** Tells what objects were before, for somebody who selects later. @default false */
  readonly tellsPrevious?: boolean
}

/** Marks the bookmark behind the initial events (k8s.io/apimachinery, InitialEventsAnnotationKey). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

export interface Watch {
  /** Says up to where nothing was missed, to a client that wants to hear it. */
  bookmark(): void
  stop(): void
}

/**
 * Tells `emit` of a collection's changes as a client with that selection sees them: what comes into the selection is added, what
 * leaves it is deleted. `emit` must not wait; whoever cannot keep up has to stop.
 *
 * @throws StatusError Expired when the revision is not known any more
 */
export function watchCollection(
  components: { readonly store: ObjectStore; readonly emit: (event: WatchEvent) => void },
  collection: Collection,
  options: WatchOptions,
  selection: Selection,
): Watch {
  const { store, emit } = components
  const { start, end } = keyRange(collection.resource, collection.namespace)
  const { resourceVersion = 0, sendInitialEvents, allowBookmarks, tellsPrevious = false, name = '' } = options
  let seen = resourceVersion || store.revision

  const onEvents = (events: readonly ItemEvent[]): void => {
    for (const event of events) {
      seen = event.item.revision
      if (event.item.key < start || event.item.key >= end) continue
      if (name !== '' && nameOfKey(event.item.key) !== name) continue
      const frame = selection ? selected(event, selection) : unselected(event, tellsPrevious)
      if (frame) emit(frame)
    }
  }
  const bookmark = (annotations?: Record<string, string>): void => {
    seen = Math.max(seen, store.revision)
    emit({ type: 'BOOKMARK', object: bookmarkObject(collection, seen, annotations) })
  }

  if (sendInitialEvents) {
    const { items, revision } = store.list(collection.resource, { namespace: collection.namespace })
    for (const item of items) {
      if (name !== '' && nameOfKey(item.key) !== name) continue
      if (!selection || selection(decodeItem(item))) emit({ type: 'ADDED', object: item.value })
    }
    seen = revision
    if (allowBookmarks) bookmark({ [INITIAL_EVENTS_END]: 'true' })
  }
  const stop = subscribe(store, collection, seen, onEvents)
  return {
    bookmark: () => {
      if (allowBookmarks) bookmark()
    },
    stop,
  }
}

function subscribe(
  store: ObjectStore,
  { resource }: Collection,
  revision: number,
  onEvents: (events: readonly ItemEvent[]) => void,
): () => void {
  try {
    return store.watch(resource, revision, onEvents)
  } catch (error) {
    if (!(error instanceof RevisionGoneError)) throw error
    throw new StatusError('Expired', `too old resource version: ${revision} (${error.oldestRevision})`)
  }
}

function unselected({ item, deleted, previous }: ItemEvent, tellsPrevious: boolean): WatchEvent {
  const type = deleted ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED'
  if (!tellsPrevious || !previous) return { type, object: item.value }
  return { type, object: item.value, previous: previous.value }
}

function selected(
  { item, deleted, previous }: ItemEvent,
  matches: NonNullable<Selection>,
): WatchEvent | undefined {
  const old = previous && decodeItem(previous)
  const was = old !== undefined && matches(old)
  const is = !deleted && matches(decodeItem(item))
  return selectedEvent({ object: item.value, deleted, revision: item.revision }, is, was ? old : undefined)
}

export interface Change<Of extends Buffer | KubeObject> {
  readonly object: Of
  readonly deleted: boolean
  readonly revision: number | string
}

/** What a client hears of a change to an object that is selected now, and that it knew as `old`, if it did. */
export function selectedEvent<Of extends Buffer | KubeObject>(
  { object, deleted, revision }: Change<Of>,
  is: boolean,
  old: KubeObject | undefined,
): (WatchEvent & { readonly object: Of | KubeObject }) | undefined {
  if (is) return { type: old ? 'MODIFIED' : 'ADDED', object }
  if (!old) return undefined
  if (deleted) return { type: 'DELETED', object }
  // It goes as the client knew it, with the version of the change that took it away.
  const metadata = { ...old.metadata, resourceVersion: String(revision) }
  return { type: 'DELETED', object: { ...old, metadata } }
}

function bookmarkObject(
  { kind, apiVersion }: Collection,
  revision: number,
  annotations?: Record<string, string>,
): KubeObject {
  const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) }
  return { kind, apiVersion, metadata }
}
