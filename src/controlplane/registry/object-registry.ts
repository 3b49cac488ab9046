import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { invalid } from '../api/field-error.ts'
import { GoNumberError, parseUint64 } from '../api/go-integer.ts'
import type { JsonObject } from '../api/json.ts'
import { alreadyExists, conflict, invalidObject, notFound, StatusError } from '../api/status.ts'
import { type Item, type ObjectStore, objectKey } from '../storage/index.ts'
import { decodeItem, encodeObject, revisionEncoder } from './encode-object.ts'
import { generatedName } from './generated-name.ts'
import { type KubeObject, timestamp, withMeta } from './kube-object.ts'
import { metadataErrors, metadataUpdateErrors } from './metadata-errors.ts'
import type { DeletionRules, ResourceType } from './resource-type.ts'
import { RetryTurns } from './retry-turns.ts'

/** Names one object of a resource; the namespace is empty where the resource has none. */
export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

export interface WriteOptions {
  /** Does everything but the change. */
  readonly dryRun?: boolean
  /**
   * Has the last word on whether a write is carried out: asked after all rules, each time that the write is tried, about the object as it
   * will be, of a deletion as it is.
   */
  readonly admit?: ((object: KubeObject) => Promise<void>) | undefined
}

export interface CreateOptions extends WriteOptions {
  /** @default objects are kept as they are written */
  readonly conversion?: KeptConversion | undefined
}

/** For objects that are kept otherwise than they are written: their rules are about them as they are written. */
export interface KeptConversion {
  fromKept(object: KubeObject): Promise<KubeObject>
  toKept(object: KubeObject): Promise<KubeObject>
}

export interface UpdateOptions extends CreateOptions {
  /** Has the last word on what an update makes of an object. */
  readonly settle?: (old: KubeObject, updated: KubeObject) => KubeObject
}

/** What must be true of an object for it to be deleted. */
export interface Preconditions {
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
}

export interface DeleteOptions extends WriteOptions {
  readonly preconditions?: Preconditions | undefined
  /** What becomes of its dependents; the garbage collector sees to it. @default Background */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined
  /** For kinds that end gracefully. @default what the object says */
  readonly gracePeriodSeconds?: number | undefined
}

export interface DeleteResult {
  readonly item: Item
  /** What the item says. */
  readonly object: KubeObject
  /** False when it still is there, because somebody has to finish with it first. */
  readonly gone: boolean
}

const FOREGROUND_FINALIZER = 'foregroundDeletion'
const ORPHAN_FINALIZER = 'orphan'

/** Another change has come between reading and writing. */
class Overtaken extends Error {}

/**
 * Objects as the API has them: with names, uids, generations, finalizers, and the rules of their resources, over a store that
 * only knows bytes. Who may do what, and how it is written on the wire, is decided before.
 */
export class ObjectRegistry {
  readonly #store: ObjectStore
  readonly #now: () => number
  readonly #retries = new RetryTurns()

  constructor(components: { readonly store: ObjectStore }, options: { readonly now?: () => number } = {}) {
    this.#store = components.store
    this.#now = options.now ?? Date.now
  }

  /** @throws StatusError NotFound */
  get(type: ResourceType, { namespace, name }: ObjectName): Item {
    const item = this.#store.get(keyOf(type, namespace, name))
    if (!item) throw notFound(type, name)
    return item
  }

  /**
   * Creates an object of which kind, apiVersion and namespace have been checked.
   *
   * @throws StatusError AlreadyExists or Invalid, Unknown for one that says that it has a version; StorageError; and what `admit` throws
   */
  async create(type: ResourceType, object: KubeObject, options: CreateOptions = {}): Promise<Item> {
    const prepared = type.strategy.prepareForCreate(this.#withNewMeta(type, object))
    const errors = [...metadataErrors(type, prepared), ...type.strategy.validate(prepared)]
    if (errors.length > 0) throw invalidObject(type, prepared.metadata.name ?? '', errors)

    await options.admit?.(prepared)
    const { namespace = '', name = '' } = prepared.metadata
    const key = keyOf(type, namespace, name)
    const kept = options.conversion ? await options.conversion.toKept(prepared) : prepared
    if (options.dryRun) {
      if (this.#store.get(key)) throw alreadyExists(type, name)
      return { key, revision: 0, value: encodeObject(kept) }
    }
    if (saysVersion(object))
      throw new StatusError('Unknown', 'resourceVersion should not be set on objects to be created')
    const item = await this.#store.write(key, (current) => {
      if (current) throw alreadyExists(type, name)
      return { encode: (revision) => encodeObject(kept, revision) }
    })
    return item as Item
  }

  /**
   * Replaces an object by what `change` makes of it, which is asked again when somebody else was faster. An object that names no
   * version replaces whatever is there. One that is being deleted goes as soon as nothing holds it any more.
   *
   * @throws StatusError NotFound, Conflict or Invalid; StorageError; and what `change` and `admit` throw
   */
  async update(
    type: ResourceType,
    target: ObjectName,
    change: (old: KubeObject) => KubeObject | Promise<KubeObject>,
    { dryRun = false, admit, settle = (_, updated) => updated, conversion }: UpdateOptions = {},
  ): Promise<Item> {
    return this.#unlessOvertaken(keyOf(type, target.namespace, target.name), async () => {
      const item = this.get(type, target)
      const stored = decodeItem(item)
      const old = conversion ? await conversion.fromKept(stored) : stored
      const updated = settle(old, this.#checkUpdate(type, old, await change(old)))
      await admit?.(updated)
      const kept = conversion ? await conversion.toKept(updated) : updated
      const encode = revisionEncoder(kept)
      const value = encode(item.revision)
      if (value.equals(item.value)) return item
      if (dryRun) return { ...item, value }
      const deleted = goesNow(type, updated)
      const written = await this.#write(item, encode, deleted)
      // Of what goes, the version before is the last that anybody could have read.
      return deleted ? { ...item, value } : written
    })
  }

  /**
   * Deletes an object, or marks it as being deleted while something holds it: finalizers, the time that it is given, its kind.
   *
   * @throws StatusError NotFound or Conflict; StorageError; and what `admit` throws
   */
  async delete(type: ResourceType, target: ObjectName, options: DeleteOptions = {}): Promise<DeleteResult> {
    return this.#unlessOvertaken(keyOf(type, target.namespace, target.name), async () => {
      const item = this.get(type, target)
      const old = decodeItem(item)
      checkPreconditions(type, old, options.preconditions)
      await options.admit?.(old)
      const object = this.#beingDeleted(type, old, options)
      const gone = goesNow(type, object)
      const left = gone ? old : object
      const encode = revisionEncoder(left)
      const value = encode(item.revision)
      if (options.dryRun) return { item: { ...item, value }, object: left, gone }
      if (!gone && value.equals(item.value)) return { item, object: left, gone }
      const written = await this.#write(item, encode, gone)
      return { item: gone ? { ...item, value } : written, object: left, gone }
    })
  }

  /** What `attempt` comes to, which is made again, in turn, for as long as it is overtaken. */
  async #unlessOvertaken<T>(key: string, attempt: () => Promise<T>): Promise<T> {
    let endTurn: (() => void) | undefined
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error
      } finally {
        endTurn?.()
      }
      endTurn = await this.#retries.take(key)
    }
  }

  async #write(item: Item, encode: (revision: number) => Buffer, deleted: boolean): Promise<Item> {
    const written = await this.#store.write(item.key, (current) => {
      if (current?.revision !== item.revision) throw new Overtaken()
      return { deleted, encode }
    })
    return written as Item
  }

  #checkUpdate(type: ResourceType, old: KubeObject, submitted: KubeObject): KubeObject {
    requireSameUid(type, old, submitted)
    requireSeen(type, old, submitted)
    const changed = type.strategy.prepareForUpdate(submitted, old)
    const prepared = this.#withOldMeta(type, changed, old)
    const errors = [
      ...metadataUpdateErrors(type, prepared, old, changed),
      ...type.strategy.validateUpdate(prepared, old),
    ]
    if (errors.length > 0) throw invalidObject(type, old.metadata.name ?? '', errors)
    return prepared
  }

  #withNewMeta(type: ResourceType, object: KubeObject): KubeObject {
    const { name = '', generateName = '' } = object.metadata
    return withMeta(object, {
      ...(name === '' && generateName !== '' ? { name: generatedName(generateName) } : {}),
      uid: randomUUID(),
      resourceVersion: undefined,
      creationTimestamp: timestamp(this.#now()),
      generation: type.strategy.countsGenerations ? 1 : undefined,
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
    })
  }

  /** What clients cannot change is as it was. */
  #withOldMeta(type: ResourceType, object: KubeObject, old: KubeObject): KubeObject {
    const { name, generateName, namespace, uid, creationTimestamp, deletionTimestamp } = old.metadata
    const { resourceVersion, deletionGracePeriodSeconds, generation = 0 } = old.metadata
    const kept = withMeta(object, {
      name,
      generateName,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      generation: type.strategy.countsGenerations ? generation : undefined,
    })
    if (!type.strategy.countsGenerations || wantsTheSame(type, kept, old)) return kept
    return withMeta(kept, { generation: generation + 1 })
  }

  #beingDeleted(type: ResourceType, old: KubeObject, options: DeleteOptions): KubeObject {
    const { countsGenerations, deletion = {} } = type.strategy
    const { deletionTimestamp, generation = 0 } = old.metadata
    const seconds = graceSeconds(deletion, old, options.gracePeriodSeconds)
    const left = finalizersFor(old, options.propagationPolicy ?? deletion.propagationPolicy)
    const finalizers = left.length > 0 ? left : undefined
    if (deletionTimestamp !== undefined && seconds === (old.metadata.deletionGracePeriodSeconds ?? 0))
      return withMeta(old, { finalizers })
    const marked = withMeta(old, {
      deletionTimestamp: timestamp(this.#now() + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
      finalizers,
      ...(countsGenerations && deletionTimestamp === undefined ? { generation: generation + 1 } : {}),
    })
    return deletion.begin?.(marked, old) ?? marked
  }
}

/** A client can shorten the time that an object is given, but not make it longer. */
function graceSeconds(
  { graceSeconds }: DeletionRules,
  old: KubeObject,
  requested: number | undefined,
): number {
  const seconds = graceSeconds?.(old, requested) ?? 0
  const { deletionTimestamp, deletionGracePeriodSeconds: left = 0 } = old.metadata
  if (deletionTimestamp === undefined) return seconds
  return requested === undefined ? left : Math.min(left, seconds)
}

/** An object that is marked as being deleted is held by its finalizers, by the time it is given, or by rules of its kind. */
function goesNow({ strategy }: ResourceType, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0) return false
  return !strategy.deletion?.isHeld?.(object)
}

function keyOf(type: ResourceType, namespace: string, name: string): string {
  const resource = type.group === '' ? type.resource : `${type.resource}.${type.group}`
  return objectKey(resource, type.namespaced ? namespace : '', name)
}

function wantsTheSame({ strategy }: ResourceType, object: KubeObject, old: KubeObject): boolean {
  const { wanted = specOf } = strategy
  return isDeepStrictEqual(wanted(object), wanted(old))
}

/** Neither metadata nor status say what is wanted. */
function specOf({ metadata: _, status: __, ...rest }: KubeObject): JsonObject {
  return rest
}

function checkPreconditions(type: ResourceType, { metadata }: KubeObject, wanted: Preconditions = {}): void {
  const { name = '', uid, resourceVersion } = metadata
  // The original names the kind here, where it otherwise names the resource.
  const subject = { group: type.group, resource: type.kind }
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw conflict(
      subject,
      name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw conflict(
      subject,
      name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
}

function finalizersFor(
  { metadata }: KubeObject,
  policy: DeleteOptions['propagationPolicy'],
): readonly string[] {
  const { finalizers = [] } = metadata
  if (policy === undefined) return finalizers
  const others = finalizers.filter((each) => each !== FOREGROUND_FINALIZER && each !== ORPHAN_FINALIZER)
  if (policy === 'Foreground') return [...others, FOREGROUND_FINALIZER]
  return policy === 'Orphan' ? [...others, ORPHAN_FINALIZER] : others
}

/**
 * Whoever writes an object must mean that one, if they say which.
 *
 * @throws StatusError Conflict
 */
export function requireSameUid(type: ResourceType, old: KubeObject, submitted: KubeObject): void {
  const { uid } = submitted.metadata
  if (!uid || uid === old.metadata.uid) return
  const problem = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
  throw conflict(type, old.metadata.name ?? '', problem)
}

/**
 * Whoever writes an object must have seen it as it is, if they say what they have seen.
 *
 * @throws StatusError Conflict or Invalid, or Unknown when what they say is no version
 */
function requireSeen(type: ResourceType, old: KubeObject, submitted: KubeObject): void {
  const { name = '' } = old.metadata
  const revision = revisionOf(submitted)
  if (revision === 0n) {
    if (type.strategy.allowsUnconditionalUpdate) return
    throw invalidObject(type, name, [
      invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  }
  if (revision !== revisionOf(old)) throw conflict(type, name)
}

/** 0 where it says none. @throws StatusError Unknown, which the original answers, too */
function revisionOf({ metadata: { resourceVersion } }: KubeObject): bigint {
  if (!resourceVersion) return 0n
  try {
    return parseUint64(resourceVersion)
  } catch (error) {
    if (error instanceof GoNumberError) throw new StatusError('Unknown', error.message)
    throw error
  }
}

/** Whether an object says that it is one that has been read; what is no version says nothing. */
function saysVersion({ metadata: { resourceVersion = '' } }: KubeObject): boolean {
  return /[1-9]/.test(resourceVersion) && /^\d+$/.test(resourceVersion)
}
