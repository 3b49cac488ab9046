import type { ObjectKey } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import { Informer, type KubeClient, keyText, type ResourceDefinition } from '../../kube/index.ts'
import type { ManifestObject } from './manifest-object.ts'

/** What an object is watched for: each has a number of watches of its own. */
export type WatchPurpose = 'drift' | 'feedback'

export interface ObjectWatchesComponents {
  readonly client: KubeClient
  readonly log: Logger
  /** An object that is watched has changed, come or gone. */
  onChange(id: string): void
}

export interface ObjectWatchesOptions {
  /** Watches of each purpose; what is beyond has to be asked for. */
  readonly most: Readonly<Record<WatchPurpose, number>>
}

interface Watch {
  readonly purpose: WatchPurpose
  readonly informer: Informer<ManifestObject>
  /** Names of the objects that somebody wants to see, and who. */
  readonly users: Map<string, Set<string>>
}

/** Tells one object of the cluster from all others, whatever version of its API it is read in. */
export function objectId({ group, plural }: ResourceDefinition, key: ObjectKey): string {
  return `${plural}.${group} ${keyText(key)}`
}

/** Objects in the same watch that nobody asked for are kept by name only. */
const reduced = new WeakSet<object>()

/**
 * Watches objects that works have applied: one watch for a resource in a namespace, which all its objects share. Ends when nobody has
 * a use for it any more. A watch that the API refuses never has anything to say, and its objects are as good as not watched.
 */
export class ObjectWatches {
  readonly #components: ObjectWatchesComponents
  readonly #options: ObjectWatchesOptions
  readonly #watches = new Map<string, Watch>()

  constructor(components: ObjectWatchesComponents, options: ObjectWatchesOptions) {
    this.#components = components
    this.#options = options
  }

  /** Returns whether the object is watched from now on: false where there are too many watches. */
  add(user: string, definition: ResourceDefinition, key: ObjectKey, purpose: WatchPurpose): boolean {
    const watch = this.#watches.get(scopeOf(definition, key)) ?? this.#open(definition, key, purpose)
    if (!watch) return false
    const users = watch.users.get(key.name)
    if (users) users.add(user)
    else watch.users.set(key.name, new Set([user]))
    return true
  }

  remove(user: string, definition: ResourceDefinition, key: ObjectKey): void {
    const scope = scopeOf(definition, key)
    const watch = this.#watches.get(scope)
    const users = watch?.users.get(key.name)
    if (!watch || !users?.delete(user) || users.size > 0) return
    watch.users.delete(key.name)
    if (watch.users.size > 0) return
    this.#watches.delete(scope)
    void watch.informer.stop()
  }

  /** The object, or null where it is known that there is none; undefined where it has to be asked for. */
  find(definition: ResourceDefinition, key: ObjectKey): ManifestObject | null | undefined {
    const watch = this.#watches.get(scopeOf(definition, key))
    if (!watch?.informer.hasSynced || !watch.users.has(key.name)) return undefined
    const object = watch.informer.store.get(key)
    if (!object) return null
    return reduced.has(object) ? undefined : object
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
    await Promise.all(watches.map(({ informer }) => informer.stop()))
  }

  #open(definition: ResourceDefinition, { namespace }: ObjectKey, purpose: WatchPurpose): Watch | undefined {
    const { client, log, onChange } = this.#components
    const open = [...this.#watches.values()].filter((each) => each.purpose === purpose)
    if (open.length >= this.#options.most[purpose]) return undefined
    const users = new Map<string, Set<string>>()
    const transform = (object: ManifestObject) =>
      users.has(object.metadata.name ?? '') ? object : namedOnly(object)
    const informer = new Informer<ManifestObject>(
      { resource: client.resource<ManifestObject>(definition), clock: client.clock, log },
      { namespace, transform },
    )
    const tell = ({ metadata }: ManifestObject) => {
      const { name = '' } = metadata
      if (users.has(name)) onChange(objectId(definition, { namespace, name }))
    }
    informer.addHandler({ onAdd: tell, onUpdate: (_, object) => tell(object), onDelete: tell })
    informer.start()
    const watch = { purpose, informer, users }
    this.#watches.set(scopeOf(definition, { namespace, name: '' }), watch)
    return watch
  }
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
