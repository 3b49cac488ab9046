import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Lease } from '../../../apis/coordination/v1.ts'
import type { Clock } from '../../../kube/index.ts'

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
  /** The same moment, as time passes whatever somebody sets that clock to. */
  readonly seenAtMonotonic: number
}

/**
 * For how long, in ms, an agent is yet taken to be alive. A renewal whose time lies ahead comes from a clock that is fast, or the hub's was set
 * back: that would hide for long that the agent has gone, so the time since it was seen counts as well. With `isClockTrusted` false,
 * nothing else does.
 */
export function remainingLifeMs(
  { renewTime, seenAtMonotonic }: LastRenewal,
  { graceMs, isClockTrusted }: { readonly graceMs: number; readonly isClockTrusted: boolean },
  clock: Pick<Clock, 'now' | 'monotonic'>,
): number {
  const bySight = seenAtMonotonic + graceMs - clock.monotonic()
  return isClockTrusted ? Math.min(bySight, renewTime + graceMs - clock.now()) : bySight
}
