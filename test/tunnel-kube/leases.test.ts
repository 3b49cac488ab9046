import { describe, expect, it } from 'vitest'
import { type Lease, leaseExpiry, microTime } from '../../src/tunnel-kube/leases.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const ago = (seconds: number) => microTime(now - seconds * 1000)
const isValid = (spec: NonNullable<Lease['spec']>) => leaseExpiry({ metadata: { name: 'a' }, spec }) > now

describe('a lease', () => {
  it.each([
    ['freshly acquired', { leaseDurationSeconds: 1000, acquireTime: ago(1) }, true],
    ['freshly renewed', { leaseDurationSeconds: 1000, acquireTime: ago(10_000), renewTime: ago(1) }, true],
    ['neither acquired nor renewed', { leaseDurationSeconds: 1000 }, false],
    ['acquired too long ago', { leaseDurationSeconds: 1000, acquireTime: ago(10_000) }, false],
    [
      'renewed too long ago',
      { leaseDurationSeconds: 1000, acquireTime: ago(10_000), renewTime: ago(9_000) },
      false,
    ],
    ['at its very end', { leaseDurationSeconds: 30, renewTime: ago(30) }, false],
    ['without a duration', { renewTime: ago(0) }, false],
  ])('that is %s: valid is %3$s', (_what, spec, valid) => {
    expect(isValid(spec)).toBe(valid)
  })

  it('has times with six decimals', () => {
    expect(microTime(now + 7)).toBe('2026-01-01T00:00:00.007000Z')
    expect(Date.parse(microTime(now + 7))).toBe(now + 7)
  })
})
