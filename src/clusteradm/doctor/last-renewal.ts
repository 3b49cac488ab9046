import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Lease } from '../../apis/coordination/v1.ts'

/** The hub takes a cluster for lost after so many leases' lengths. */
const LEASES_MISSED = 5
const DEFAULT_LEASE_SECONDS = 60

/** What an agent's Lease tells of the last time that the agent renewed it. */
export interface LastRenewal {
  readonly secondsAgo: number
  /** Whether that is so long ago that the agent is taken to be down, or to be cut off from the hub. */
  readonly isOver: boolean
  /** How far the agent's clock was ahead of the hub's, in whole seconds. Undefined where the API server did not note when it was written. */
  readonly clockAheadSeconds: number | undefined
}

/**
 * Reads the last renewal of an agent's Lease; undefined where there was none. `renewTime` is of the agent's clock, which may be the one
 * that is wrong: the age goes by when the API server noted the write, as far as it did.
 */
export function lastRenewalOf(
  lease: Lease | undefined,
  cluster: ManagedCluster,
  nowMs: number,
): LastRenewal | undefined {
  const renewedMs = Date.parse(lease?.spec?.renewTime ?? '')
  if (!lease || Number.isNaN(renewedMs)) return undefined
  const writtenMs = writtenAtMs(lease)
  const secondsAgo = Math.round((nowMs - (writtenMs ?? renewedMs)) / 1000)
  return {
    secondsAgo,
    isOver: secondsAgo > LEASES_MISSED * (cluster.spec?.leaseDurationSeconds || DEFAULT_LEASE_SECONDS),
    clockAheadSeconds: writtenMs === undefined ? undefined : Math.round((renewedMs - writtenMs) / 1000),
  }
}

/** Says by how much an agent's clock is off, where that is known: `: … 3600 s behind`. */
export function clockOffText(renewal: LastRenewal | undefined): string {
  const ahead = renewal?.clockAheadSeconds
  if (!ahead) return ''
  return `: at its last renewal that of the agent was ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead' : 'behind'}`
}

/** When the renewal was written, by the API server's clock. */
function writtenAtMs({ metadata }: Lease): number | undefined {
  const times = (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes('"f:renewTime"'))
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time))
  return times.length === 0 ? undefined : Math.max(...times)
}
