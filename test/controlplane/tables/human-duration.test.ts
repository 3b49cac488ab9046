import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { humanDuration } from '../../../src/controlplane/tables/index.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

describe('a duration for people', () => {
  it.each([
    [-2 * SECOND, '<invalid>'],
    [-1999, '0s'],
    [-1, '0s'],
    [0, '0s'],
    [999, '0s'],
    [SECOND, '1s'],
    [2 * MINUTE - 1, '119s'],
    [2 * MINUTE, '2m'],
    [2 * MINUTE + SECOND, '2m1s'],
    [10 * MINUTE - 1, '9m59s'],
    [10 * MINUTE, '10m'],
    [3 * HOUR - 1, '179m'],
    [3 * HOUR, '3h'],
    [3 * HOUR + MINUTE, '3h1m'],
    [8 * HOUR - 1, '7h59m'],
    [8 * HOUR, '8h'],
    [2 * DAY - 1, '47h'],
    [2 * DAY, '2d'],
    [2 * DAY + HOUR, '2d1h'],
    [8 * DAY - 1, '7d23h'],
    [8 * DAY, '8d'],
    [2 * YEAR - 1, '729d'],
    [2 * YEAR, '2y'],
    [2 * YEAR + DAY, '2y1d'],
    [8 * YEAR - 1, '7y364d'],
    [8 * YEAR, '8y'],
    [10 * YEAR + 100 * DAY, '10y'],
    [Number.MAX_SAFE_INTEGER, '292y'],
  ])('of %d ms', (ms, text) => {
    expect(humanDuration(ms)).toBe(text)
  })

  it('has at most three figures and two units once it is more than an hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3 * HOUR, max: 100 * YEAR }), (ms) => {
        expect(humanDuration(ms)).toMatch(/^\d{1,3}[hdy](\d{1,3}[mhd])?$/)
      }),
    )
  })
})
