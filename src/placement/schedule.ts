import type { ManagedCluster } from '../apis/cluster/v1.ts'
import { matchingPredicates, PREDICATE } from './filters/predicates.ts'
import { TAINT_TOLERATION, tolerating } from './filters/taints.ts'
import { MisconfiguredError, type PluginProblem } from './plugin-status.ts'
import { type WeightedPrioritizer, weightedPrioritizers } from './prioritizers/weights.ts'
import { type ClusterScores, nameOf, type SchedulingView } from './scheduling-view.ts'

export interface FilterResult {
  /** The filters so far, as in `Predicate,TaintToleration`. */
  readonly name: string
  readonly filteredClusters: readonly string[]
}

export interface PrioritizerResult {
  readonly name: string
  readonly weight: number
  readonly scores: ClusterScores
}

export interface ScheduleResult {
  /** The best first. */
  readonly chosen: readonly ManagedCluster[]
  /** How many clusters are missing of those that are asked for. */
  readonly unscheduled: number
  /** The weighted sums by which clusters were chosen. */
  readonly sums: ClusterScores
  readonly filters: readonly FilterResult[]
  readonly prioritizers: readonly PrioritizerResult[]
  /** When something changes by itself, in ms since the epoch. */
  readonly againAtMs?: number
  readonly problem?: PluginProblem
}

/** How long the steps take. */
export interface ScheduleMetrics {
  observePlugin(type: 'filter' | 'prioritizer', name: string, seconds: number): void
}

const NOTHING: ScheduleResult = {
  chosen: [],
  unscheduled: 0,
  sums: new Map(),
  filters: [],
  prioritizers: [],
}

/** Chooses among clusters for a Placement (placement/controllers/scheduling). What is misconfigured is told as its problem. */
export function schedule(
  clusters: readonly ManagedCluster[],
  view: SchedulingView,
  metrics?: ScheduleMetrics,
): ScheduleResult {
  try {
    return scheduled(clusters, view, metrics)
  } catch (error) {
    if (error instanceof MisconfiguredError) return { ...NOTHING, problem: error.problem }
    throw error
  }
}

function scheduled(
  clusters: readonly ManagedCluster[],
  view: SchedulingView,
  metrics: ScheduleMetrics | undefined,
): ScheduleResult {
  const matching = timed(metrics, 'filter', PREDICATE, () => matchingPredicates(clusters, view))
  const tolerated = timed(metrics, 'filter', TAINT_TOLERATION, () => tolerating(matching, view))
  const spec = view.placement.spec ?? {}
  const { prioritizers, problem } = prioritized(tolerated.clusters, weightedPrioritizers(spec), view, metrics)
  const sums = sumOf(tolerated.clusters, prioritizers)
  const best = tolerated.clusters.toSorted(
    (a, b) => (sums.get(nameOf(b)) ?? 0) - (sums.get(nameOf(a)) ?? 0) || (nameOf(a) < nameOf(b) ? -1 : 1),
  )
  const { numberOfClusters: wanted } = spec
  const chosen = wanted === undefined || wanted === null ? best : best.slice(0, wanted)
  const decidedUntil = tolerating(
    clusters.filter((cluster) => view.decided.has(nameOf(cluster)) || chosen.includes(cluster)),
    view,
  ).untilMs
  return {
    chosen,
    unscheduled: (wanted ?? chosen.length) - chosen.length,
    sums,
    filters: [
      { name: PREDICATE, filteredClusters: matching.map(nameOf) },
      { name: `${PREDICATE},${TAINT_TOLERATION}`, filteredClusters: tolerated.clusters.map(nameOf) },
    ],
    prioritizers,
    ...(decidedUntil !== undefined && { againAtMs: decidedUntil }),
    ...(problem && { problem }),
  }
}

function prioritized(
  clusters: readonly ManagedCluster[],
  weighted: readonly WeightedPrioritizer[],
  view: SchedulingView,
  metrics: ScheduleMetrics | undefined,
) {
  let problem: PluginProblem | undefined
  const prioritizers = weighted.map(({ name, weight, prioritize }) => {
    const scoring = timed(metrics, 'prioritizer', name, () => prioritize(clusters, view))
    problem = scoring.problem ?? problem
    return { name, weight, scores: scoring.scores }
  })
  return { prioritizers, problem }
}

function sumOf(
  clusters: readonly ManagedCluster[],
  prioritizers: readonly PrioritizerResult[],
): ClusterScores {
  return new Map(
    clusters.map((cluster) => {
      const name = nameOf(cluster)
      return [
        name,
        prioritizers.reduce((sum, { weight, scores }) => sum + weight * (scores.get(name) ?? 0), 0),
      ]
    }),
  )
}

function timed<T>(
  metrics: ScheduleMetrics | undefined,
  type: 'filter' | 'prioritizer',
  name: string,
  work: () => T,
): T {
  const begin = performance.now()
  try {
    return work()
  } finally {
    metrics?.observePlugin(type, name, (performance.now() - begin) / 1_000)
  }
}
