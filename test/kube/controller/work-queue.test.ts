import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DefaultRateLimiter, WorkQueue } from '../../../src/kube/index.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'

it('holds a key once, in the order in which keys came', async () => {
  const queue = new WorkQueue('test')
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
  expect([await queue.get(), await queue.get(), await queue.get(), queue.length]).toEqual(['a', 'b', 'c', 0])
})

it('gives a key back that was added while it was worked on, when that is done', async () => {
  const queue = new WorkQueue('test')
  queue.add('a')
  await queue.get()
  queue.add('a')
  queue.add('a')
  expect(queue.length).toBe(0)
  queue.done('a')
  expect(queue.length).toBe(1)
  expect(await queue.get()).toBe('a')
  queue.done('a')
  expect(queue.length).toBe(0)
})

it('sends workers home when it is shut down, and takes nothing any more', async () => {
  const clock = new ManualClock()
  const queue = new WorkQueue('test', { clock })
  const worker = queue.get()
  queue.addAfter('later', 10)
  queue.shutDown()
  queue.add('a')
  clock.advance(10)
  expect([await worker, await queue.get(), queue.length]).toEqual([undefined, undefined, 0])
})

it('adds later, at the earliest of several times', async () => {
  const clock = new ManualClock()
  const queue = new WorkQueue('test', { clock })
  queue.addAfter('a', 100)
  queue.addAfter('a', 50)
  queue.addAfter('a', 70)
  queue.addAfter('b', 0)
  expect(queue.length).toBe(1)
  clock.advance(49)
  await Promise.resolve()
  expect(queue.length).toBe(1)
  clock.advance(1)
  await eventually(() => queue.length).toBe(2)
  expect([await queue.get(), await queue.get()]).toEqual(['b', 'a'])
  for (const key of ['a', 'b']) queue.done(key)
  clock.advance(100)
  await Promise.resolve()
  expect(queue.length).toBe(0)
})

it('waits twice as long after each failure of a key, up to a cap, until it is forgotten', () => {
  const limiter = new DefaultRateLimiter(new ManualClock(), { qps: -1 })
  const delays = Array.from({ length: 20 }, () => limiter.delayMs('a'))
  expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40])
  expect(delays.at(-1)).toBe(1_000_000)
  expect(limiter.delayMs('b')).toBe(5)
  limiter.forget('a')
  expect([limiter.failures('a'), limiter.delayMs('a')]).toEqual([0, 5])
})

it('lets all keys together pass through one bucket', () => {
  const limiter = new DefaultRateLimiter(new ManualClock())
  const delays = Array.from({ length: 102 }, (_, index) => limiter.delayMs(`key-${index}`))
  expect(delays.slice(99)).toEqual([5, 100, 200])
})

it('never loses a change, and never hands a key to two workers', async () => {
  const step = fc.record({ do: fc.constantFrom('add', 'get', 'done'), key: fc.constantFrom('a', 'b', 'c') })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100 }), async (steps) => {
      const queue = new WorkQueue('test')
      const working = new Set<string>()
      /** Keys that were added and have not been handed to a worker since. */
      const owed = new Set<string>()
      const take = async () => {
        const key = (await queue.get()) ?? ''
        expect(working.has(key)).toBe(false)
        working.add(key)
        owed.delete(key)
      }
      for (const { do: what, key } of steps) {
        if (what === 'add') {
          queue.add(key)
          owed.add(key)
        } else if (what === 'done') {
          queue.done(key)
          working.delete(key)
        } else if (queue.length > 0) await take()
      }
      for (const key of working) queue.done(key)
      working.clear()
      while (queue.length > 0) await take()
      expect([...owed]).toEqual([])
    }),
  )
})
