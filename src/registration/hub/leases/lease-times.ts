import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Lease } from '../../../apis/coordination/v1.ts'

const DEFAULT_DURATION_SECONDS = 60
/** An agent may miss so many renewals before it is taken to be gone, and its clock may be wrong by as much. */
const GRACE_DURATIONS = 5

/** How long after its last renewal an agent is taken to be alive, in ms. Durations that are none count as the default. */
export function gracePeriodMs({ spec }: ManagedCluster): number {
  const { leaseDurationSeconds: seconds = 0 } = spec ?? {}
  return (seconds > 0 ? seconds : DEFAULT_DURATION_SECONDS) * GRACE_DURATIONS * 1000
}

/** When the agent renewed its Lease last, by its own clock: in ms since the epoch, 0 where it cannot be told. */
export function renewTimeOf(lease: Lease): number {
  return Date.parse(lease.spec?.renewTime ?? '') || 0
}

export interface LastRenewal {
  /** By the agent's clock. */
  readonly renewTime: number
  /** When the hub got to know of it, by the hub's clock. */
  readonly seenAt: number
}

/**
 * When the agent gave its last sign of life, by the hub's clock. A time that lies ahead of when it was seen comes from a clock that is fast:
 * it would hide for long that an agent has gone. With `isClockTrusted` false, only what the hub has seen counts.
 */
export function lastSignOfLife({ renewTime, seenAt }: LastRenewal, isClockTrusted: boolean): number {
  return isClockTrusted ? Math.min(renewTime, seenAt) : seenAt
}
