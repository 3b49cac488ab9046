import type { ResourceRequirements } from '../apis/core/v1.ts'
import type { ResourceRequirement } from '../apis/operator/v1.ts'
import { DEFAULT_RESOURCES } from '../manifests/controller-pod.ts'

/** What each container that is made for an operator's object asks for. */
export function containerResources(requirement: ResourceRequirement | undefined): ResourceRequirements {
  if (requirement?.type === 'BestEffort') return {}
  if (requirement?.type === 'ResourceRequirement') return requirement.resourceRequirements ?? {}
  return DEFAULT_RESOURCES
}
