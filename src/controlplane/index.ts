export { ControlPlaneCredentials } from './credentials/index.ts'
export { ControlPlane, type ControlPlaneOptions } from './server/control-plane.ts'
export { CONTROL_PLANE_COMMAND, type ControlPlaneConfig, parseControlPlaneConfig } from './server/options.ts'
export { MemoryJournal, SqliteJournal, StorageError } from './storage/index.ts'
