import { describe, expect, it } from 'vitest'
import { nanosOf } from '../../../src/kube-controllers/scheduling/quantity.ts'

const UNIT = 10n ** 9n

describe('a quantity', () => {
  it.each<[string, bigint]>([
    ['0', 0n],
    ['1', UNIT],
    ['100m', UNIT / 10n],
    ['1500m', (3n * UNIT) / 2n],
    ['0.5', UNIT / 2n],
    ['.5', UNIT / 2n],
    ['1n', 1n],
    ['2k', 2000n * UNIT],
    ['1Ki', 1024n * UNIT],
    ['1.5Gi', 3n * 2n ** 29n * UNIT],
    ['1E', 10n ** 18n * UNIT],
    ['12e3', 12_000n * UNIT],
    ['1e-3', UNIT / 1000n],
    ['-2', -2n * UNIT],
  ])('%s', (text, nanos) => {
    expect(nanosOf(text)).toBe(nanos)
  })

  it.each(['', 'x', '1x', '1e999999999', '1'.repeat(5000), '1e'])('is nothing when it is %j', (text) => {
    expect(nanosOf(text)).toBe(0n)
  })
})
