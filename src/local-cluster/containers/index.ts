export { endOfLog, type LogSelection, readLog } from '../logs/index.ts'
export { ContainerLog, olderParts } from './container-log.ts'
export {
  ContainerProcess,
  type ContainerProcessComponents,
  type ContainerProcessOptions,
} from './container-process.ts'
export { findExecutable, StartError } from './find-executable.ts'
export { type MemoryGroup, MemoryGroups } from './memory-groups.ts'
export { ProcessSpawner } from './process-spawner.ts'
export type {
  CommandStreams,
  ContainerSurroundings,
  ExitedContainer,
  TerminalSize,
} from './surroundings.ts'
