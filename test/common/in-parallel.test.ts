import { expect, it } from 'vitest'
import { inParallel } from '../../src/common/in-parallel.ts'

it('does all, so many at once', async () => {
  const done: number[] = []
  let running = 0
  let most = 0
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    done.push(item)
  })
  expect(done.sort()).toEqual([1, 2, 3, 4, 5])
  expect(most).toBe(2)
})

it('begins no more once one has failed', async () => {
  const begun: number[] = []
  const failing = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item)
    await Promise.resolve()
    if (item === 1) throw new Error('the first has failed')
    await new Promise((resolve) => setImmediate(resolve))
  })
  await expect(failing).rejects.toThrow('the first has failed')
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual([1, 2])
})

it('has nothing to do for nothing', async () => {
  await expect(inParallel([], 3, () => Promise.reject(new Error('not called')))).resolves.toBeUndefined()
})
