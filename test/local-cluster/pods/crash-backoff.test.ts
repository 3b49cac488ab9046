import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CrashBackoff } from '../../../src/local-cluster/pods/crash-backoff.ts'

const MINUTE = 60_000

describe('the back-off of a container that crashes', () => {
  it('is nothing at first, then ten seconds, doubled up to five minutes', () => {
    const backoff = new CrashBackoff()
    let now = 0
    const waits = Array.from({ length: 9 }, () => {
      const waitMs = backoff.next(now)
      now += waitMs + 1000
      return waitMs / 1000
    })
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300])
  })

  it('is forgotten when it has run for ten minutes', () => {
    const backoff = new CrashBackoff()
    expect([0, 1, 2].map((now) => backoff.next(now))).toEqual([0, 10_000, 20_000])
    expect(backoff.next(20_002 + 10 * MINUTE)).toBe(40_000)
    expect(backoff.next(60_002 + 20 * MINUTE + 1)).toBe(0)
  })

  it('never grows beyond its cap, whenever it crashes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20 * MINUTE)), (gaps) => {
        const backoff = new CrashBackoff()
        let now = 0
        for (const gap of gaps) {
          now += gap
          const waitMs = backoff.next(now)
          expect(waitMs).toBeLessThanOrEqual(5 * MINUTE)
          now += waitMs
        }
      }),
    )
  })
})
