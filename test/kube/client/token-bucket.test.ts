import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../../src/kube/client/token-bucket.ts'
import { ManualClock } from '../../support/manual-clock.ts'

function bucket(options: { ratePerSecond: number; burst: number }) {
  const clock = new ManualClock()
  return { clock, tokens: new TokenBucket(clock, options) }
}

describe('a token bucket', () => {
  it('gives a burst at once, and then one token after the other in the order of asking', async () => {
    const { clock, tokens } = bucket({ ratePerSecond: 5, burst: 2 })
    await tokens.take()
    await tokens.take()

    const order: string[] = []
    const first = tokens.take().then(() => order.push('first'))
    const second = tokens.take().then(() => order.push('second'))
    expect(await clock.asleep()).toBe(200)
    clock.advance(200)
    await first
    expect(order).toEqual(['first'])
    expect(await clock.asleep()).toBe(200)
    clock.advance(200)
    await second
    expect(order).toEqual(['first', 'second'])
  })

  it('fills up to the burst and no further', async () => {
    const { clock, tokens } = bucket({ ratePerSecond: 1, burst: 2 })
    clock.advance(3_600_000)
    await tokens.take()
    await tokens.take()
    void tokens.take()
    expect(await clock.asleep()).toBe(1000)
  })

  it('takes no token for who gives up waiting', async () => {
    const { clock, tokens } = bucket({ ratePerSecond: 1, burst: 1 })
    await tokens.take()
    const giveUp = new AbortController()
    const waiting = tokens.take(giveUp.signal)
    giveUp.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')

    void tokens.take()
    expect(await clock.asleep()).toBe(1000)
  })

  it('does not limit when the rate is negative', async () => {
    const { tokens } = bucket({ ratePerSecond: -1, burst: 1 })
    for (let count = 0; count < 100; count++) await tokens.take()
  })
})
