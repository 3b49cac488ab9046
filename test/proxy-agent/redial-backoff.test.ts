import { describe, expect, it } from 'vitest'
import { RedialBackoff } from '../../src/proxy-agent/redial-backoff.ts'

describe('the back-off', () => {
  it('grows by half up to the cap, and begins anew after a reset', () => {
    const backoff = new RedialBackoff({ initialMs: 1000, capMs: 3000, random: () => 1 })
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([
      1000, 1500, 2250, 3000, 3000,
    ])
    backoff.reset()
    expect(backoff.next()).toBe(1000)
  })

  it('spreads waits between the half and the whole', () => {
    const shortest = new RedialBackoff({ initialMs: 1000, capMs: 3000, random: () => 0 })
    expect(shortest.next()).toBe(500)
    expect(shortest.next()).toBe(750)
  })
})
