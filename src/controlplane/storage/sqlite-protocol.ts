import type { Change } from './journal.ts'
import type { StorageErrorCode } from './storage-error.ts'

/** What the journal asks its worker for; answered in order. */
export type WorkerRequest =
  | { readonly type: 'append'; readonly changes: readonly Change[] }
  | { readonly type: 'compact'; readonly revision: number; readonly obsolete: readonly number[] }
  | { readonly type: 'close' }

/** A change whose value stands in the bytes of its portion, behind the values before it. */
export interface ChangeHead extends Omit<Change, 'value'> {
  readonly length: number
}

/** `contents` come in portions when the worker starts, the last with `compactedRevision`; then one answer for each request. */
export type WorkerAnswer =
  | {
      readonly type: 'contents'
      readonly heads: readonly ChangeHead[]
      readonly bytes: Uint8Array
      readonly compactedRevision?: number
    }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: StorageErrorCode; readonly message: string }

export interface WorkerOptions {
  readonly file: string
  /** The database gets no larger. @default no limit */
  readonly maxBytes?: number | undefined
}
