import type { Deployment, IntOrString } from '../../apis/apps/v1.ts'

/** How many pods there may be, and must be, while a Deployment is rolled out. */
export interface RolloutBounds {
  readonly replicas: number
  /** Pods beyond those that are wanted. */
  readonly maxSurge: number
  /** Of those that are wanted. */
  readonly maxUnavailable: number
}

/** @default 1 */
export function replicasOf({ spec }: { readonly spec: { readonly replicas?: number } }): number {
  return spec.replicas ?? 1
}

export function isRollingUpdate({ spec }: Deployment): boolean {
  return (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'
}

/** With the strategy Recreate there is neither. */
export function rolloutBounds(deployment: Deployment): RolloutBounds {
  const replicas = replicasOf(deployment)
  if (!isRollingUpdate(deployment)) return { replicas, maxSurge: 0, maxUnavailable: 0 }
  const { maxSurge: surge = '25%', maxUnavailable: unavailable = '25%' } =
    deployment.spec.strategy?.rollingUpdate ?? {}
  const maxSurge = scaled(surge, replicas, Math.ceil)
  const maxUnavailable = Math.min(scaled(unavailable, replicas, Math.floor), replicas)
  // With neither it could not go on. No surge is what small percentages come to as well.
  return {
    replicas,
    maxSurge,
    maxUnavailable: maxSurge + maxUnavailable > 0 ? maxUnavailable : Math.min(1, replicas),
  }
}

function scaled(value: IntOrString, replicas: number, round: (part: number) => number): number {
  if (typeof value === 'number') return value
  return round((Number.parseInt(value, 10) * replicas) / 100)
}
