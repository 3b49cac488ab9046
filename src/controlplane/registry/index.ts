export {
  labelProblems,
  pathSegmentProblems,
  rfc1035Problems,
  subdomainProblems,
} from '../../common/name-rules.ts'
export { decodeItem, encodeObject } from './encode-object.ts'
export { generatedName } from './generated-name.ts'
export { keptMetadata } from './kept-metadata.ts'
export { type KubeObject, type ObjectMeta, timestamp, withMeta } from './kube-object.ts'
export { annotationsErrors, embeddedMetadataErrors } from './metadata-errors.ts'
export {
  type CreateOptions,
  type DeleteOptions,
  type DeleteResult,
  type KeptConversion,
  type ObjectName,
  ObjectRegistry,
  type Preconditions,
  requireSameUid,
  type UpdateOptions,
  type WriteOptions,
} from './object-registry.ts'
export type { DeletionRules, ResourceType, Strategy } from './resource-type.ts'
