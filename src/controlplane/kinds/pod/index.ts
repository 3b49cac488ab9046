export { resourceListDefaults, resourcesDefaults } from './container-defaults.ts'
export { imageSpaceErrors } from './container-errors.ts'
export type {
  ClaimSpec,
  Container,
  NodeSelector,
  Pod,
  PodSpec,
  PodTemplateSpec,
  ResourceList,
  ResourceRequirements,
  Toleration,
} from './pod-shape.ts'
export { podSpecDefaults, podTemplateDefaults } from './pod-spec-defaults.ts'
export { podSpecErrors, podTemplateErrors } from './pod-spec-errors.ts'
export {
  containerResourceNameErrors,
  isOvercommitAllowed,
  quotaResourceNameErrors,
  resourceNameErrors,
  resourceQuantityErrors,
} from './resource-errors.ts'
export { nodeSelectorErrors, TAINT_EFFECTS, tolerationErrors } from './scheduling-errors.ts'
export { claimSpecDefaults } from './volume-defaults.ts'
export {
  accessModeErrors,
  claimSpecErrors,
  csiDriverErrors,
  hostPathErrors,
  nfsErrors,
} from './volume-errors.ts'
