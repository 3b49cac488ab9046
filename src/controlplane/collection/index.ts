export {
  type Collection,
  type DecodeItems,
  ExpiredContinueError,
  listCollection,
  type Page,
} from './collection-list.ts'
export {
  selectedEvent,
  type Watch,
  type WatchEvent,
  type WatchEventType,
  type WatchOptions,
  watchCollection,
} from './collection-watch.ts'
export {
  type ListOptions,
  parseGetVersion,
  parseListOptions,
  parseWatchOptions,
  type VersionMatch,
} from './list-options.ts'
export { reachRevision } from './reach-revision.ts'
export { type Selection, selectionOf } from './selection.ts'
