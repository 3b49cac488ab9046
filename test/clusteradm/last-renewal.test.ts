import { describe, expect, it } from 'vitest'
import type { ManagedCluster } from '../../src/apis/cluster/v1.ts'
import type { Lease } from '../../src/apis/coordination/v1.ts'
import { clockOffText, lastRenewalOf } from '../../src/clusteradm/doctor/last-renewal.ts'

const NOW = '2026-11-24T12:00:00Z'

/** A Lease that the API server wrote at `written`, with what an agent's clock said. */
const lease = (renewTime: string, written?: string): Lease => ({
  metadata: {
    ...(written && {
      managedFields: [
        { manager: 'kubectl', time: NOW, fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
        { manager: 'agent', time: written, fieldsV1: { 'f:spec': { 'f:renewTime': {} } } },
      ],
    }),
  },
  spec: { renewTime },
})

const read = (of: Lease | undefined, spec: ManagedCluster['spec'] = {}) =>
  lastRenewalOf(of, { metadata: {}, spec }, Date.parse(NOW))

describe('the last renewal of a lease', () => {
  it('is over when nobody has written it for five durations, whatever the clock of the agent says', () => {
    expect(read(lease('2026-11-24T11:00:00Z', '2026-11-24T11:59:30Z'))).toEqual({
      secondsAgo: 30,
      isOver: false,
      clockAheadSeconds: -3570,
    })
    expect(read(lease('2026-11-24T12:00:00Z', '2026-11-24T11:54:00Z'))).toMatchObject({ isOver: true })
    expect(
      read(lease('2026-11-24T12:00:00Z', '2026-11-24T11:54:00Z'), { leaseDurationSeconds: 120 }),
    ).toMatchObject({ isOver: false })
  })

  it('goes by the clock of the agent where there is no other', () => {
    expect(read(lease('2026-11-24T11:00:00Z'))).toEqual({
      secondsAgo: 3600,
      isOver: true,
      clockAheadSeconds: undefined,
    })
  })

  it('is none without a lease, or with one that was never renewed', () => {
    expect(read(undefined)).toBeUndefined()
    expect(read({ metadata: {}, spec: {} })).toBeUndefined()
  })

  it('says which way a clock is off', () => {
    expect(clockOffText(read(lease('2026-11-24T11:00:00Z', NOW)))).toMatch(/3600 s behind$/)
    expect(clockOffText(read(lease('2026-11-24T12:10:00Z', NOW)))).toMatch(/600 s ahead$/)
    expect(clockOffText(read(lease('2026-11-24T11:00:00Z')))).toBe('')
  })
})
