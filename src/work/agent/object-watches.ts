import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import { Informer, type KubeClient, keyText, type ResourceDefinition } from '../../kube/index.ts'
import type { ManifestObject } from './manifest-object.ts'

/** What an object is watched for: each has a number of watches of its own. */
export type WatchPurpose = 'drift' | 'feedback'

export interface ObjectWatchesComponents<User> {
  readonly client: KubeClient
  readonly log: Logger
  /** Whether somebody is likely to want to see the object, who has not said so yet. */
  isExpected(definition: ResourceDefinition, key: ObjectKey): boolean
  /** An object that is watched has changed, come or gone. Called for each who watches it. */
  onChange(user: User): void
}

export interface ObjectWatchesOptions {
  /** Watches of each purpose; what is beyond has to be asked for. */
  readonly most: Readonly<Record<WatchPurpose, number>>
}

interface Watch<User> {
  readonly purpose: WatchPurpose
  readonly informer: Informer<ManifestObject>
  /** Names of the objects that somebody wants to see, and who. */
  readonly users: Map<string, Set<User>>
  /** Resolves once it is known what is there, or is not worth waiting for. */
  readonly settled: Promise<void>
  readonly ending: AbortController
}

/** Tells one object of the cluster from all others, whatever version of its API it is read in. */
export function objectId({ group, plural }: ResourceDefinition, key: ObjectKey): string {
  return `${plural}.${group} ${keyText(key)}`
}

/** Objects in the same watch that nobody asked for are kept by name only. */
const reduced = new WeakSet<object>()

/** A watch that has not told by then what is there is not waited for. */
const LONGEST_SYNC_MS = 3000

/**
 * Watches objects that works have applied: one watch for a resource in a namespace, which all its objects share. Ends when nobody has
 * a use for it any more. A watch that the API refuses never has anything to say, and its objects are as good as not watched.
 */
export class ObjectWatches<User> {
  readonly #components: ObjectWatchesComponents<User>
  readonly #options: ObjectWatchesOptions
  readonly #watches = new Map<string, Watch<User>>()

  constructor(components: ObjectWatchesComponents<User>, options: ObjectWatchesOptions) {
    this.#components = components
    this.#options = options
  }

  /** Returns whether the object is watched from now on: false where there are too many watches. */
  add(user: User, definition: ResourceDefinition, key: ObjectKey, purpose: WatchPurpose): boolean {
    const watch = this.#watches.get(scopeOf(definition, key)) ?? this.#open(definition, key, purpose)
    if (!watch) return false
    const users = watch.users.get(key.name)
    if (users) users.add(user)
    else watch.users.set(key.name, new Set([user]))
    return true
  }

  remove(user: User, definition: ResourceDefinition, key: ObjectKey): void {
    const scope = scopeOf(definition, key)
    const watch = this.#watches.get(scope)
    const users = watch?.users.get(key.name)
    if (!watch || !users?.delete(user) || users.size > 0) return
    watch.users.delete(key.name)
    if (watch.users.size > 0) return
    this.#watches.delete(scope)
    void closed(watch)
  }

  /** Resolves once `find` can say what is there, or cannot for the time being. */
  async settled(definition: ResourceDefinition, key: ObjectKey): Promise<void> {
    await this.#watches.get(scopeOf(definition, key))?.settled
  }

  /** The object, or null where it is known that there is none; undefined where it has to be asked for. */
  find(definition: ResourceDefinition, key: ObjectKey): ManifestObject | null | undefined {
    const watch = this.#watches.get(scopeOf(definition, key))
    if (!watch?.informer.hasSynced || !watch.users.has(key.name)) return undefined
    const object = watch.informer.store.get(key)
    if (!object) return null
    return reduced.has(object) ? undefined : object
  }

  /** An object as it was seen last, whoever wanted to see it. It may have changed or gone since. */
  lastSeen(definition: ResourceDefinition, key: ObjectKey): ManifestObject | undefined {
    const object = this.#watches.get(scopeOf(definition, key))?.informer.store.get(key)
    return object && !reduced.has(object) ? object : undefined
  }

  /** Whether changes of the object will be told of. */
  isLive(definition: ResourceDefinition, key: ObjectKey): boolean {
    const watch = this.#watches.get(scopeOf(definition, key))
    return watch?.informer.hasSynced === true && watch.users.has(key.name)
  }

  get size(): number {
    return this.#watches.size
  }

  async stop(): Promise<void> {
    const watches = [...this.#watches.values()]
    this.#watches.clear()
    await Promise.all(watches.map(closed))
  }

  #open(
    definition: ResourceDefinition,
    { namespace }: ObjectKey,
    purpose: WatchPurpose,
  ): Watch<User> | undefined {
    const { client, log, onChange, isExpected } = this.#components
    const open = [...this.#watches.values()].filter((each) => each.purpose === purpose)
    if (open.length >= this.#options.most[purpose]) return undefined
    const users = new Map<string, Set<User>>()
    const transform = (object: ManifestObject) => {
      const { name = '' } = object.metadata
      return users.has(name) || isExpected(definition, { namespace, name }) ? object : namedOnly(object)
    }
    const informer = new Informer<ManifestObject>(
      { resource: client.resource<ManifestObject>(definition), clock: client.clock, log },
      { namespace, transform },
    )
    const tell = ({ metadata }: ManifestObject) => {
      for (const user of [...(users.get(metadata.name ?? '') ?? [])]) onChange(user)
    }
    informer.addHandler({ onAdd: tell, onUpdate: (_, object) => tell(object), onDelete: tell })
    informer.start()
    const ending = new AbortController()
    const tooLate = client.clock.sleep(LONGEST_SYNC_MS, ending.signal).catch(() => {}) // it rejects only when aborted
    const settled = Promise.race([informer.waitForSync(), tooLate]).finally(() => ending.abort())
    const watch = { purpose, informer, users, settled, ending }
    this.#watches.set(scopeOf(definition, { namespace, name: '' }), watch)
    return watch
  }
}

function closed({ informer, ending }: Pick<Watch<unknown>, 'informer' | 'ending'>): Promise<void> {
  ending.abort()
  return informer.stop()
}

function scopeOf({ group, version, plural }: ResourceDefinition, { namespace = '' }: ObjectKey): string {
  return `${group}/${version}/${plural} ${namespace}`
}

function namedOnly({ metadata }: ManifestObject): ManifestObject {
  const { namespace, name, uid, resourceVersion } = metadata
  const object = {
    metadata: {
      ...(namespace && { namespace }),
      ...(name && { name }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
    },
  }
  reduced.add(object)
  return object
}
