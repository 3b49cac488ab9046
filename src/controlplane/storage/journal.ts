import type { StorageError } from './storage-error.ts'

/** One change of one object, as it is kept. Changes are numbered by one counter for all objects. */
export interface Change {
  readonly revision: number
  readonly key: string
  /** The object was deleted; `value` is what it was at the last. */
  readonly deleted: boolean
  readonly value: Buffer
}

/** What a journal holds when it is opened. */
export interface JournalContents {
  /** Changes up to this one are complete only as far as they are still in force. */
  readonly compactedRevision: number
  /** By ascending revision. */
  readonly changes: readonly Change[]
}

/**
 * Where changes are kept. What `append` has resolved for survives the process and the power, as far as the kind of journal
 * promises it. Calls are carried out in their order.
 */
export interface Journal {
  /** Resolves when nothing can be kept any more, whatever is tried; never for a journal that cannot break. */
  readonly broken?: Promise<StorageError>
  /** Opens it and reads all that it holds. Called once, first. Rejects with a StorageError. */
  open(): Promise<JournalContents>
  /** Keeps all of them or, when it rejects with a StorageError, none. */
  append(changes: readonly Change[]): Promise<void>
  /** Forgets changes that are no longer in force, and that there was anything else before `revision`. */
  compact(revision: number, obsolete: readonly number[]): Promise<void>
  close(): Promise<void>
}
