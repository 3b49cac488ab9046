import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { raceSignal } from '../../src/common/race-signal.ts'

describe('a wait with a signal', () => {
  it('comes to what is waited for, and leaves no listener', async () => {
    const { signal } = new AbortController()
    expect(await raceSignal(Promise.resolve('done'), signal)).toBe('done')
    await expect(raceSignal(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends with the reason of the signal, whatever comes of the rest', async () => {
    const controller = new AbortController()
    const work = Promise.withResolvers<never>()
    const waiting = raceSignal(work.promise, controller.signal)
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(raceSignal(work.promise, controller.signal)).rejects.toBe('enough')
    work.reject(new Error('nobody hears of this'))
  })
})
