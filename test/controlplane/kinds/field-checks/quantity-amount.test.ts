import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareQuantities,
  nanosOf,
  roundUpToMilli,
  sumQuantities,
  unitsOf,
} from '../../../../src/controlplane/kinds/field-checks/index.ts'

describe('amounts of quantities', () => {
  it.each<[string, bigint]>([
    ['1', 10n ** 9n],
    ['-1', -(10n ** 9n)],
    ['100m', 10n ** 8n],
    ['1n', 1n],
    ['0.1n', 1n],
    ['1.5', 15n * 10n ** 8n],
    ['1.500k', 15n * 10n ** 11n],
    ['1Ki', 1024n * 10n ** 9n],
    ['0.5Mi', 512n * 1024n * 10n ** 9n],
    ['1e3', 10n ** 12n],
    ['12e-3', 12n * 10n ** 6n],
  ])('%s', (quantity, nanos) => {
    expect(nanosOf(quantity)).toBe(nanos)
  })

  it('rounds up to a thousandth, and to whole units', () => {
    expect(roundUpToMilli('1u')).toBe('1m')
    expect(roundUpToMilli('1500u')).toBe('2m')
    expect(roundUpToMilli('1Gi')).toBe('1Gi')
    expect(unitsOf('1001m')).toBe(2n)
  })

  it('adds and compares as numbers do', () => {
    const amount = fc.integer({ min: 0, max: 10 ** 9 })
    fc.assert(
      fc.property(amount, amount, (left, right) => {
        expect(nanosOf(sumQuantities([`${left}m`, `${right}m`]))).toBe(nanosOf(`${left + right}m`))
        expect(compareQuantities(`${left}Ki`, `${right}Ki`)).toBe(Math.sign(left - right))
      }),
    )
  })
})
