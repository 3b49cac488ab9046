import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { type Amounts, podAmounts, statedAmounts } from '../amounts/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import { type Counter, ONE } from './counter.ts'
import { isPodInScope } from './pod-scopes.ts'

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const NAMES = new Set([
  'count/pods',
  'pods',
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** What every container has to say once it is counted. */
const REQUIRED = ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`])

/** How pods are counted (kubernetes, pkg/quota/v1/evaluator/core). Those that have ended take nothing but their place in the store. */
export function podCounter(now: () => number): Counter {
  return {
    counts: (name) =>
      NAMES.has(name) || /^(requests\.)?hugepages-/.test(name) || isExtended(name, 'requests.'),
    usage: (pod) => {
      if (hasEnded(pod, now())) return new Map([['count/pods', ONE]])
      const requests = podAmounts(pod, 'requests')
      return new Map([['count/pods', ONE], ...computeUsage(requests, podAmounts(pod, 'limits'))])
    },
    countsUpdates: false,
    isInScope: isPodInScope,
    missing: missingAmounts,
  }
}

function computeUsage(requests: Amounts, limits: Amounts): Map<string, string> {
  const usage = new Map([['pods', ONE]])
  for (const [name, quantity] of requests) {
    if (COMPUTE.includes(name) || name.startsWith('hugepages-')) usage.set(name, quantity)
    if (COMPUTE.includes(name) || name.startsWith('hugepages-') || isExtended(name, ''))
      usage.set(`requests.${name}`, quantity)
  }
  for (const [name, quantity] of limits) if (COMPUTE.includes(name)) usage.set(`limits.${name}`, quantity)
  return usage
}

/** Of a device or the like, which Kubernetes itself knows nothing of. */
function isExtended(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && name.includes('/') && !name.includes('kubernetes.io/')
}

function hasEnded(pod: KubeObject, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  const phase = isJsonObject(pod.status) ? pod.status.phase : undefined
  if (phase === 'Failed' || phase === 'Succeeded') return true
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false
  return now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

function missingAmounts(pod: KubeObject, names: readonly string[]): string | undefined {
  const spec = specOf(pod)
  const containers = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)]
  const problems = REQUIRED.filter((name) => names.includes(name))
    .sort()
    .flatMap((name) => {
      const without = containers.filter(
        (container) =>
          !computeUsage(statedAmounts(container, 'requests'), statedAmounts(container, 'limits')).has(name),
      )
      const called = [...new Set(without.map((container) => String(container.name)))].sort()
      return called.length > 0 ? [`${name} for: ${called.join(',')}`] : []
    })
  return problems.length > 0 ? `must specify ${problems.join('; ')}` : undefined
}
