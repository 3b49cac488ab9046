import type { PackedChanges } from './packed-changes.ts'
import type { StorageErrorCode } from './storage-error.ts'

/** What the journal asks its worker for; answered in order. */
export type WorkerRequest =
  | ({ readonly type: 'append' } & PackedChanges)
  | { readonly type: 'compact'; readonly revision: number; readonly obsolete: readonly number[] }
  | { readonly type: 'close' }

/** `contents` come in portions when the worker starts, the last with `compactedRevision`; then one answer for each request. */
export type WorkerAnswer =
  | ({ readonly type: 'contents'; readonly compactedRevision?: number } & PackedChanges)
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: StorageErrorCode; readonly message: string }

export interface WorkerOptions {
  readonly file: string
  /** The database gets no larger. @default no limit */
  readonly maxBytes?: number | undefined
}
