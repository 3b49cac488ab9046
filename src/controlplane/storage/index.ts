export type { HistoryOptions } from './history.ts'
export type { Item, ItemEvent } from './item.ts'
export type { Change, Journal, JournalContents } from './journal.ts'
export { keyRange, nameOfKey, objectKey, resourceOfKey } from './keys.ts'
export { MemoryJournal } from './memory-journal.ts'
export {
  type Draft,
  type ItemListener,
  type ListOptions,
  type ListResult,
  ObjectStore,
  RevisionGoneError,
} from './object-store.ts'
export { SqliteJournal } from './sqlite-journal.ts'
export { StorageError, type StorageErrorCode } from './storage-error.ts'
