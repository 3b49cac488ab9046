export { type ConfigKind, ConfigObjects } from './config-objects.ts'
export { VolumeError } from './errors.ts'
export { PodVolumes, type PodVolumesComponents, type PodVolumesOptions } from './pod-volumes.ts'
