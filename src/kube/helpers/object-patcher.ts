import type { Informer } from '../watch/informer.ts'
import { keyOf } from '../watch/object-key.ts'
import type { NewCondition } from './conditions.ts'
import { OwnWrites } from './own-writes.ts'
import {
  changeObject,
  conditionsChange,
  isWritten,
  type ObjectChange,
  type PatchObjectOptions,
  type PatchResult,
  type WithConditions,
} from './patch-object.ts'

interface CallOptions {
  readonly signal: AbortSignal
}

/**
 * By which several controllers of one process write the same objects. One event has all of them write at once, each by a cache that knows
 * nothing of the others: here they come one after the other, and each goes on from what the API answered to the one before. Whoever else
 * writes meanwhile is noticed as ever, by the object's version.
 */
export class ObjectPatcher<T extends WithConditions> {
  readonly #informer: Informer<T>
  readonly #written = new OwnWrites<T>()
  /** The end of the last turn, of the objects that are being written. */
  readonly #turns = new Map<string, Promise<void>>()

  constructor(informer: Informer<T>) {
    this.#informer = informer
    informer.addHandler({
      onUpdate: (_, object) => this.#written.latest(keyOf(object), object), // forgets what has been seen
      onDelete: (object) => this.#written.forget(keyOf(object)),
    })
  }

  /** Merges into an object what `change` makes of it as it is. Resolves with whether anything was written. */
  async patch(object: T, change: ObjectChange<T>, options: PatchObjectOptions): Promise<boolean> {
    return isWritten(await this.#change(object, change, options))
  }

  /** Sets conditions, if they are not set yet. Resolves with whether anything was written. */
  setConditions(
    object: T,
    wanted: readonly NewCondition[],
    { signal, now }: CallOptions & { readonly now: number },
  ): Promise<boolean> {
    return this.patch(object, conditionsChange(wanted, now), { signal, subresource: 'status' })
  }

  /** Not to one that is being deleted, which the API would refuse. Resolves with the object as it is then; undefined if it has gone. */
  async addFinalizer(object: T, finalizer: string, options: CallOptions): Promise<T | undefined> {
    const change: ObjectChange<T> = ({ metadata: { deletionTimestamp, finalizers = [] } }) =>
      deletionTimestamp || finalizers.includes(finalizer)
        ? undefined
        : { metadata: { finalizers: [...finalizers, finalizer] } }
    return (await this.#change(object, change, options)).object
  }

  /** Lets the object go, as far as it is up to this finalizer. */
  async removeFinalizer(object: T, finalizer: string, options: CallOptions): Promise<void> {
    const change: ObjectChange<T> = ({ metadata: { finalizers = [] } }) =>
      finalizers.includes(finalizer)
        ? { metadata: { finalizers: finalizers.filter((each) => each !== finalizer) } }
        : undefined
    await this.#change(object, change, options)
  }

  #change(object: T, change: ObjectChange<T>, options: PatchObjectOptions): Promise<PatchResult<T>> {
    const key = keyOf(object)
    return this.#inTurn(key, async () => {
      options.signal.throwIfAborted()
      const cached = this.#informer.store.get(key)
      const isSame = cached?.metadata.uid === object.metadata.uid
      const latest = cached && isSame ? this.#written.latest(key, cached) : object
      const result = await changeObject(this.#informer.resource, latest, change, options)
      if (cached && isSame && result.object !== latest) this.#remember(key, cached, result)
      return result
    })
  }

  async #inTurn<R>(key: string, task: () => Promise<R>): Promise<R> {
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(task)
    const end = turn.then(
      () => {},
      () => {},
    )
    this.#turns.set(key, end)
    try {
      return await turn
    } finally {
      if (this.#turns.get(key) === end) this.#turns.delete(key)
    }
  }

  #remember(key: string, cached: T, { before, object }: PatchResult<T>): void {
    const shown = this.#informer.store.get(key)
    const isSeen = object?.metadata.resourceVersion === shown?.metadata.resourceVersion
    if (object && !isSeen) this.#written.remember(key, cached, object, before)
    else this.#written.forget(key)
  }
}
