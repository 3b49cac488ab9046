import { isJsonObject, type JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { isNothing, statedAmounts } from '../amounts/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import type { ScopeRequirement } from './counter.ts'

/** Whether a quota that requires this is about the pod (kubernetes, pkg/quota/v1/evaluator/core). */
export function isPodInScope(pod: KubeObject, requirement: ScopeRequirement): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod)
    case 'NotTerminating':
      return !isTerminating(pod)
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return hasPriorityClass(pod, requirement)
    case 'CrossNamespacePodAffinity':
      return affinityTerms(pod).some(isCrossNamespace)
    default:
      return false
  }
}

function isTerminating(pod: KubeObject): boolean {
  const { activeDeadlineSeconds } = specOf(pod)
  return typeof activeDeadlineSeconds === 'number' && activeDeadlineSeconds >= 0
}

/** Neither the pod nor its containers ask for any time or memory. */
function isBestEffort(pod: KubeObject): boolean {
  const spec = specOf(pod)
  return [spec, ...objectsOf(spec.containers), ...objectsOf(spec.initContainers)].every((holder) =>
    (['requests', 'limits'] as const).every((kind) => {
      const stated = statedAmounts(holder, kind)
      return ['cpu', 'memory'].every((name) => isNothing(stated.get(name) ?? '0'))
    }),
  )
}

function hasPriorityClass(pod: KubeObject, { operator, values }: ScopeRequirement): boolean {
  const { priorityClassName = '' } = specOf(pod)
  const isAmong = values.some((value) => value === priorityClassName)
  switch (operator) {
    case 'In':
      return isAmong
    case 'NotIn':
      return !isAmong
    case 'Exists':
      return priorityClassName !== ''
    default:
      return priorityClassName === ''
  }
}

function affinityTerms(pod: KubeObject): JsonObject[] {
  const { affinity } = specOf(pod)
  if (!isJsonObject(affinity)) return []
  return [affinity.podAffinity, affinity.podAntiAffinity]
    .filter(isJsonObject)
    .flatMap((one) => [
      ...objectsOf(one.requiredDuringSchedulingIgnoredDuringExecution),
      ...objectsOf(one.preferredDuringSchedulingIgnoredDuringExecution).flatMap(({ podAffinityTerm }) =>
        isJsonObject(podAffinityTerm) ? [podAffinityTerm] : [],
      ),
    ])
}

function isCrossNamespace({ namespaces, namespaceSelector }: JsonObject): boolean {
  return (Array.isArray(namespaces) && namespaces.length > 0) || isJsonObject(namespaceSelector)
}
