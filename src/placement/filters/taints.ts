import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { PlacementToleration } from '../../apis/cluster/v1beta1.ts'
import { MisconfiguredError } from '../plugin-status.ts'
import { nameOf, type SchedulingView } from '../scheduling-view.ts'

export const TAINT_TOLERATION = 'TaintToleration'

type Taint = NonNullable<NonNullable<ManagedCluster['spec']>['taints']>[number]

export interface Tolerated {
  readonly clusters: readonly ManagedCluster[]
  /** When a toleration of a cluster that is decided on ends, in ms since the epoch. */
  readonly untilMs: number | undefined
}

/** Clusters whose taints are all tolerated. @throws MisconfiguredError */
export function tolerating(clusters: readonly ManagedCluster[], view: SchedulingView): Tolerated {
  const tolerations = view.placement.spec?.tolerations ?? []
  if (clusters.length > 0) tolerations.forEach(verify)
  let untilMs: number | undefined
  const tolerated = clusters.filter((cluster) => {
    const ends = (cluster.spec?.taints ?? []).map((taint) =>
      toleratedUntil(taint, tolerations, { isDecided: view.decided.has(nameOf(cluster)), nowMs: view.nowMs }),
    )
    if (ends.includes(undefined)) return false
    untilMs = earliest([untilMs, ...ends])
    return true
  })
  return { clusters: tolerated, untilMs }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const finite = times.filter((time) => time !== undefined && Number.isFinite(time)) as number[]
  return finite.length > 0 ? Math.min(...finite) : undefined
}

function verify({ key = '', operator = 'Equal', value = '' }: PlacementToleration): void {
  if (key === '' && operator !== 'Exists')
    throw new MisconfiguredError(TAINT_TOLERATION, 'If the key is empty, operator must be Exists.')
  if (operator === 'Exists' && value !== '')
    throw new MisconfiguredError(TAINT_TOLERATION, 'If the operator is Exists, the value should be empty.')
}

/** Infinity for ever; undefined when it is not tolerated, or not any more. */
function toleratedUntil(
  taint: Taint,
  tolerations: readonly PlacementToleration[],
  { isDecided, nowMs }: { readonly isDecided: boolean; readonly nowMs: number },
): number | undefined {
  if (taint.effect === 'PreferNoSelect') return Number.POSITIVE_INFINITY
  if (taint.effect === 'NoSelectIfNew' && isDecided) return Number.POSITIVE_INFINITY
  for (const toleration of tolerations) {
    if (!isAbout(toleration, taint)) continue
    const untilMs = endOf(toleration, taint)
    if (untilMs > nowMs) return untilMs
  }
  return undefined
}

function isAbout(
  { key = '', operator = 'Equal', value = '', effect }: PlacementToleration,
  taint: Taint,
): boolean {
  if (effect && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (operator === 'Equal' && value === (taint.value ?? ''))
}

function endOf({ tolerationSeconds }: PlacementToleration, { timeAdded }: Taint): number {
  if (tolerationSeconds === undefined || tolerationSeconds === null) return Number.POSITIVE_INFINITY
  return (timeAdded ? Date.parse(timeAdded) : Number.NEGATIVE_INFINITY) + tolerationSeconds * 1_000
}
