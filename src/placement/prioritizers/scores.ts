import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { PluginProblem } from '../plugin-status.ts'
import { type ClusterScores, nameOf, type SchedulingView } from '../scheduling-view.ts'
import { quantityNumber } from './quantity.ts'

export const HIGHEST_SCORE = 100

export interface Scoring {
  /** A cluster that is not in it has no score, which counts as 0. */
  readonly scores: ClusterScores
  readonly problem?: PluginProblem
}

export type Prioritizer = (clusters: readonly ManagedCluster[], view: SchedulingView) => Scoring

const forEach = (
  clusters: readonly ManagedCluster[],
  score: (cluster: ManagedCluster) => number,
): ClusterScores => new Map(clusters.map((cluster) => [nameOf(cluster), score(cluster)]))

/** The fewer other Placements have decided on a cluster, the better. */
export const balance: Prioritizer = (clusters, { otherDecisions }) => {
  const most = Math.max(0, ...otherDecisions.values())
  return {
    scores: forEach(clusters, (cluster) => {
      const count = otherDecisions.get(nameOf(cluster))
      return count === undefined ? HIGHEST_SCORE : 2 * Math.trunc(HIGHEST_SCORE * (0.5 - count / most))
    }),
  }
}

/** Clusters that are decided on stay. */
export const steady: Prioritizer = (clusters, { decided }) => ({
  scores: forEach(clusters, (cluster) => (decided.has(nameOf(cluster)) ? HIGHEST_SCORE : 0)),
})

/** The more of a resource is allocatable, the better, from -100 for the least to 100 for the most. */
export function allocatable(resource: 'cpu' | 'memory'): Prioritizer {
  return (clusters) => {
    const amounts = clusters.flatMap((cluster) => {
      const { allocatable = {}, capacity = {} } = cluster.status ?? {}
      const amount = Object.hasOwn(capacity, resource) ? quantityNumber(allocatable[resource]) : undefined
      return amount === undefined ? [] : [[nameOf(cluster), amount] as const]
    })
    const values = amounts.map(([, amount]) => amount)
    const least = Math.min(...values)
    const range = Math.max(...values) - least
    return {
      scores: new Map(
        amounts.map(([name, amount]) => [
          name,
          range === 0 ? HIGHEST_SCORE : Math.trunc(((amount - least) / range - 0.5) * 2 * HIGHEST_SCORE),
        ]),
      ),
    }
  }
}

/** A score that somebody else has written into the cluster's namespace, as long as it is valid. */
export function addOnScore(resource: string, score: string): Prioritizer {
  return (clusters, { scores: find, nowMs }) => {
    const expired: string[] = []
    const scores = forEach(clusters, (cluster) => {
      const { status } = find(nameOf(cluster), resource) ?? {}
      if (status?.validUntil && Date.parse(status.validUntil) < nowMs) {
        expired.push(` ${nameOf(cluster)}/${resource}`)
        return 0
      }
      return status?.scores?.findLast(({ name }) => name === score)?.value ?? 0
    })
    if (expired.length === 0) return { scores }
    const message = `AddOnPlacementScores${expired.join('')} expired`
    return { scores, problem: { code: 'warning', plugin: `AddOn/${resource}/${score}`, message } }
  }
}
