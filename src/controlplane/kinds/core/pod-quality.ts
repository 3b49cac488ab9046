import { nanosOf } from '../field-checks/index.ts'
import type { PodSpec, ResourceList, ResourceRequirements } from '../pod/index.ts'

export type QualityOfService = 'Guaranteed' | 'Burstable' | 'BestEffort'

const COUNTED = ['cpu', 'memory'] as const

/** How surely a pod gets what it asks for (kubernetes, apis/core/helper/qos). */
export function qualityOfService(spec: PodSpec): QualityOfService {
  const whole = spec.resources
  const isWhole = whole !== undefined && hasAny(whole)
  const parts = isWhole
    ? [whole]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources = {} }) => resources)
  if (!parts.some(hasAny)) return 'BestEffort'
  return parts.every(isGuaranteed) && haveSameSum(parts) ? 'Guaranteed' : 'Burstable'
}

function hasAny({ limits, requests }: ResourceRequirements): boolean {
  return COUNTED.some((name) => amount(limits, name) > 0n || amount(requests, name) > 0n)
}

function isGuaranteed({ limits }: ResourceRequirements): boolean {
  return COUNTED.every((name) => amount(limits, name) > 0n)
}

/** All that is asked for is the most that is given. */
function haveSameSum(parts: readonly ResourceRequirements[]): boolean {
  const total = (list: 'limits' | 'requests', name: string) =>
    parts.reduce((sum, part) => sum + amount(part[list], name), 0n)
  return COUNTED.every((name) => {
    const requested = total('requests', name)
    return requested === 0n || requested === total('limits', name)
  })
}

function amount(list: ResourceList | undefined, name: string): bigint {
  const quantity = list && Object.hasOwn(list, name) ? list[name] : undefined
  return quantity === undefined ? 0n : nanosOf(quantity)
}
