/** How far a change is on a cluster: wanted but not made yet; made, and not known to work; known to work; known to fail. */
export type RolloutState = 'to apply' | 'progressing' | 'succeeded' | 'failed'

export interface ClusterRollout {
  readonly cluster: string
  readonly state: RolloutState
  /** Since when, in ms since the epoch. */
  readonly sinceMs?: number
}

export interface RolloutPace {
  /** How long a success must last before it counts, in ms. */
  readonly minSuccessMs: number
  /** How long a cluster may take, in ms. `Infinity` for no deadline. */
  readonly deadlineMs: number
  readonly nowMs: number
}

export interface PacedRollout {
  readonly cluster: string
  readonly state: RolloutState | 'timed out'
  /** Whether the cluster is one of those that the change is being brought to. */
  readonly isUnderWay: boolean
  /** When it is to be looked at again, though nothing may happen, in ms since the epoch: a deadline, or the end of a soak. */
  readonly againAtMs?: number
}

/** What a cluster's state means at this pace (sdk-go's determineRolloutStatus). */
export function paced(rollout: ClusterRollout, pace: RolloutPace): PacedRollout {
  const { cluster, state, sinceMs = pace.nowMs } = rollout
  switch (state) {
    case 'to apply':
      return { cluster, state, isUnderWay: true }
    case 'succeeded': {
      const againAtMs = sinceMs + pace.minSuccessMs
      return pace.nowMs < againAtMs
        ? { cluster, state, againAtMs, isUnderWay: true }
        : { cluster, state, isUnderWay: false }
    }
    case 'progressing':
    case 'failed': {
      if (pace.deadlineMs === Number.POSITIVE_INFINITY) return { cluster, state, isUnderWay: true }
      const againAtMs = sinceMs + pace.deadlineMs
      return pace.nowMs < againAtMs
        ? { cluster, state, againAtMs, isUnderWay: true }
        : { cluster, state: 'timed out', isUnderWay: false }
    }
  }
}
