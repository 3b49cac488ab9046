export { resourceListDefaults, resourcesDefaults } from './container-defaults.ts'
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
