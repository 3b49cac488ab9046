import type { ContainerStatus, Pod } from '../../apis/core/v1.ts'
import { isReady, readyCondition } from './pod-state.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

/** What is not worth much yet goes first. */
const PHASES = ['Pending', 'Unknown', 'Running']

const NANOSECONDS_PER_MS = 1e6

export interface RankingOptions {
  readonly nowMs: number
  /** How many others of the same kind are on the pod's node: the more, the sooner it goes. @default none */
  readonly neighboursOf?: (pod: Pod) => number
}

/**
 * Pods in the order in which they are to be deleted when there are too many (kubernetes, pkg/controller, ActivePodsWithRanks):
 * without a node, not running, not ready, cheap ones, those with many neighbours, and then those that are young or were
 * restarted often. Ages are compared by their magnitude only, so that it is not always the youngest that goes.
 */
export function inOrderOfDeletion(pods: readonly Pod[], options: RankingOptions): Pod[] {
  const { nowMs, neighboursOf = () => 0 } = options
  const criteria: ((pod: Pod) => number)[] = [
    (pod) => (pod.spec?.nodeName ? 1 : 0),
    (pod) => PHASES.indexOf(pod.status?.phase ?? 'Pending'),
    (pod) => (isReady(pod) ? 1 : 0),
    deletionCost,
    (pod) => -neighboursOf(pod),
    (pod) => magnitude(readySince(pod), nowMs),
    (pod) => -mostRestarts(pod.status?.containerStatuses),
    (pod) => -mostRestarts(sidecarStatuses(pod)),
    (pod) => magnitude(Date.parse(pod.metadata.creationTimestamp ?? ''), nowMs),
  ]
  const ranked = pods.map((pod) => ({ pod, ranks: criteria.map((criterion) => criterion(pod)) }))
  ranked.sort((one, other) => {
    const difference = one.ranks.findIndex((rank, index) => rank !== other.ranks[index])
    if (difference >= 0) return (one.ranks[difference] ?? 0) - (other.ranks[difference] ?? 0)
    return (one.pod.metadata.uid ?? '') < (other.pod.metadata.uid ?? '') ? -1 : 1
  })
  return ranked.map(({ pod }) => pod)
}

/** What is no number costs nothing. */
function deletionCost({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? ''
  return /^(0|[-+]?[1-9]\d{0,9})$/.test(text) ? Number(text) : 0
}

function readySince(pod: Pod): number {
  return isReady(pod) ? Date.parse(readyCondition(pod)?.lastTransitionTime ?? '') : Number.NaN
}

/** How often an age can be halved. An unknown one is less than any. */
function magnitude(sinceMs: number, nowMs: number): number {
  if (Number.isNaN(sinceMs)) return Number.NEGATIVE_INFINITY
  const age = (nowMs - sinceMs) * NANOSECONDS_PER_MS
  return age > 0 ? Math.trunc(Math.log2(age)) : -1
}

function mostRestarts(statuses: readonly ContainerStatus[] | undefined): number {
  return (statuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0)
}

/** Of those init containers that run on beside the others. */
function sidecarStatuses({ spec, status }: Pod): readonly ContainerStatus[] {
  const sidecars = (spec?.initContainers ?? []).filter((each) => each.restartPolicy === 'Always')
  const names = new Set(sidecars.map(({ name }) => name))
  return (status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name))
}
