import { describe, expect, it } from 'vitest'
import { ResetBudget } from '../../src/transport/reset-budget.ts'

describe('ResetBudget', () => {
  const BURST = 50_000
  const PER_SECOND = 5_000

  function setUp() {
    let now = 1000
    const budget = new ResetBudget(() => now)
    const spendAll = () => {
      let spent = 0
      while (budget.spend()) spent++
      return spent
    }
    const advance = (ms: number) => {
      now += ms
    }
    return { budget, spendAll, advance }
  }

  it('allows a burst, and no more at one moment', () => {
    const { budget, spendAll } = setUp()
    expect(spendAll()).toBe(BURST)
    expect(budget.spend()).toBe(false)
  })

  it('is refilled with time, also in fractions of a reset', () => {
    const { spendAll, advance } = setUp()
    spendAll()
    for (let count = 0; count < 100; count++) {
      advance(0.1)
      spendAll()
    }
    advance(1000)
    expect(spendAll()).toBe(PER_SECOND)
  })

  it('never holds more than the burst', () => {
    const { spendAll, advance } = setUp()
    advance(3_600_000)
    expect(spendAll()).toBe(BURST)
  })

  it('bears its rate for ever', () => {
    const { budget, spendAll, advance } = setUp()
    spendAll()
    for (let count = 0; count < 20_000; count++) {
      advance(1000 / PER_SECOND + 1e-6)
      expect(budget.spend()).toBe(true)
    }
  })
})
