import { AppError } from '../../common/errors.ts'

export type StorageErrorCode =
  /** Another process has the data directory open. */
  | 'ERR_STORAGE_LOCKED'
  /** It was written by a newer version, or is no database of ours. */
  | 'ERR_STORAGE_FORMAT'
  /** No room for more. What was there can be read, and writing goes on as soon as there is room. */
  | 'ERR_STORAGE_FULL'
  /** Reading or writing failed otherwise. */
  | 'ERR_STORAGE_IO'
  /** It was closed before this was done. */
  | 'ERR_STORAGE_CLOSED'

/** The journal could not do what it was asked. */
export class StorageError extends AppError {
  declare readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
