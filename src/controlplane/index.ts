export { requestInfo } from './api/request-info.ts'
export { StatusError } from './api/status.ts'
export { ControlPlaneCredentials } from './credentials/index.ts'
export {
  type Answer,
  asStatus,
  CLIENT_GONE,
  type IncomingRequest,
  type StreamedAnswer,
  statusAnswer,
} from './http/index.ts'
export type { CommandStreams, LogOptions, PodName, PodRuntime, TerminalSize } from './pod-streams/index.ts'
export { ControlPlane, type ControlPlaneOptions } from './server/control-plane.ts'
export { DataDirectory } from './server/data-directory.ts'
export { CONTROL_PLANE_COMMAND, type ControlPlaneConfig, parseControlPlaneConfig } from './server/options.ts'
export { type Journal, MemoryJournal, SqliteJournal, StorageError } from './storage/index.ts'
