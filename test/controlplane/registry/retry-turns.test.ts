import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RetryTurns } from '../../../src/controlplane/registry/retry-turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('gives turns in the order in which they were asked for, for each key', async () => {
  const turns = new RetryTurns()
  const begun: string[] = []
  const take = async (key: string, name: string) => {
    const end = await turns.take(key)
    begun.push(name)
    return end
  }
  const first = take('a', 'first')
  const second = take('a', 'second')
  const third = take('a', 'third')
  const other = take('b', 'other')
  const [endFirst, endOther] = await Promise.all([first, other])
  expect(begun).toEqual(['first', 'other'])
  endFirst()
  const endSecond = await second
  expect(begun).toEqual(['first', 'other', 'second'])
  endSecond()
  const endThird = await third
  endThird()
  endOther()
  expect(vi.getTimerCount()).toBe(0)
})

it('begins the next turn when one takes too long, and no later one with it', async () => {
  const turns = new RetryTurns({ longestTurnMs: 500 })
  await turns.take('a')
  const second = turns.take('a')
  let isThirdTurn = false
  const third = turns.take('a').then((end) => {
    isThirdTurn = true
    return end
  })
  await vi.advanceTimersByTimeAsync(500)
  const endSecond = await second
  expect(isThirdTurn).toBe(false)
  endSecond()
  const endThird = await third
  endThird()
  expect(vi.getTimerCount()).toBe(0)
})
