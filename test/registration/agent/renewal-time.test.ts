import { describe, expect, it } from 'vitest'
import { renewalTime } from '../../../src/registration/agent/renewal-time.ts'

const HOUR_MS = 3_600_000

describe('the time to renew', () => {
  it('leaves 20 to 25 % of the life of any certificate', () => {
    for (let round = 0; round < 1000; round += 1) {
      const notBefore = Math.random() * 1e12
      const lifeMs = 1 + Math.random() * 10_000 * HOUR_MS
      const notAfter = notBefore + lifeMs
      const left = (notAfter - renewalTime({ notBefore, notAfter }, Math.random())) / lifeMs
      expect(left).toBeGreaterThanOrEqual(0.2 - 1e-3)
      expect(left).toBeLessThanOrEqual(0.25 + 1e-3)
    }
  })

  it('is over the whole of that range', () => {
    const life = { notBefore: 0, notAfter: 1000 }
    expect([0, 0.5, 1].map((random) => renewalTime(life, random))).toEqual([800, 775, 750])
  })

  it('is the end of a life that ends before it begins', () => {
    expect(renewalTime({ notBefore: 10, notAfter: 5 }, 0.5)).toBe(5)
  })
})
