export type { LogSelection } from './log-selection.ts'
export { endOfLog, type LiveLog, type LogSource, readLog } from './read-log.ts'
