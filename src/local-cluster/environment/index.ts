export {
  type ConfigReader,
  type ContainerEnvironmentInput,
  containerEnvironment,
} from './container-environment.ts'
export { ContainerConfigError } from './errors.ts'
export { expandArguments, expandVariables } from './expansion.ts'
export { fieldValue, type PodPlace } from './field-value.ts'
export { mapCommand } from './map-command.ts'
export { mapPaths, mountedAt } from './map-paths.ts'
export { machineResources, resourceValue } from './resource-value.ts'
