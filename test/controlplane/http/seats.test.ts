import { describe, expect, it } from 'vitest'
import { Seats } from '../../../src/controlplane/http/seats.ts'

const NEVER = new AbortController().signal
const OPTIONS = { seats: 1, mostPerFlow: 1, mostWaitingPerFlow: 2, mostWaiting: 3, longestWaitMs: 60_000 }

describe('Seats', () => {
  it('gives each seat to who has waited longest in the line whose turn it is', async () => {
    const seats = new Seats({ ...OPTIONS, mostWaiting: 4 })
    const order: string[] = []
    const sit = async (flow: string, name: string) => {
      expect(await seats.take(flow, NEVER)).toBe(true)
      order.push(name)
      seats.give(flow)
    }
    expect(await seats.take('a', NEVER)).toBe(true)
    const all = [sit('a', 'a1'), sit('a', 'a2'), sit('b', 'b1'), sit('b', 'b2')]
    seats.give('a')
    await Promise.all(all)
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2'])
    expect(await seats.take('a', NEVER)).toBe(true)
  })

  it('refuses at once when the line of a flow is full, or all lines are', async () => {
    const seats = new Seats(OPTIONS)
    await seats.take('a', NEVER)
    const waiting = [seats.take('a', NEVER), seats.take('a', NEVER)]
    expect(await seats.take('a', NEVER)).toBe(false)
    waiting.push(seats.take('b', NEVER))
    expect(await seats.take('b', NEVER)).toBe(false)
    for (const flow of ['a', 'a', 'b', 'a']) seats.give(flow)
    expect(await Promise.all(waiting)).toEqual([true, true, true])
  })

  it('has some for others when one flow has as many as it may have', async () => {
    const seats = new Seats({ ...OPTIONS, seats: 3, mostPerFlow: 2 })
    expect([await seats.take('a', NEVER), await seats.take('a', NEVER)]).toEqual([true, true])
    let isThirdSeated = false
    const third = seats.take('a', NEVER).then((isSeated) => {
      isThirdSeated = isSeated
    })
    expect(await seats.take('b', NEVER)).toBe(true)
    expect([isThirdSeated, seats.waiting]).toEqual([false, 1])
    seats.give('b')
    expect(await seats.take('c', NEVER)).toBe(true)
    expect(isThirdSeated).toBe(false)
    seats.give('a')
    await third
    expect([isThirdSeated, seats.waiting]).toEqual([true, 0])
  })

  it('refuses who has waited too long', async () => {
    const seats = new Seats({ ...OPTIONS, longestWaitMs: 1 })
    await seats.take('a', NEVER)
    expect(await seats.take('a', NEVER)).toBe(false)
    seats.give('a')
    expect(await seats.take('a', NEVER)).toBe(true)
  })

  it('loses no seat to who has gone', async () => {
    const seats = new Seats(OPTIONS)
    await seats.take('a', NEVER)
    const gone = new AbortController()
    const waiting = seats.take('a', gone.signal)
    const next = seats.take('a', NEVER)
    gone.abort(new Error('gone'))
    seats.give('a') // in the same turn
    await expect(waiting).rejects.toThrow('gone')
    expect(await next).toBe(true)
    await expect(seats.take('a', gone.signal)).rejects.toThrow('gone')
    seats.give('a')
    expect(await seats.take('a', NEVER)).toBe(true)
  })
})
