import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { inSlices, SLICE_MS } from '../../../src/controlplane/openapi/slices.ts'

describe('work in slices', () => {
  it('is done in order', async () => {
    expect(await inSlices([1, 2, 3], (each) => each * 2)).toEqual([2, 4, 6])
  })

  it('includes what is added on the way', async () => {
    const numbers = new Set([1])
    expect(
      await inSlices(numbers, (each) => {
        if (each < 4) numbers.add(each + 1)
        return each
      }),
    ).toEqual([1, 2, 3, 4])
  })

  it('lets others have their turn', async () => {
    const order: string[] = []
    const other = setImmediate().then(() => order.push('other'))
    const work = inSlices(['first', 'second'], (each) => {
      const begun = performance.now()
      while (performance.now() - begun <= SLICE_MS);
      order.push(each)
    })
    await Promise.all([other, work])
    expect(order).toEqual(['first', 'other', 'second'])
  })

  it('ends with the first error', async () => {
    const failing = inSlices([1], () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
  })
})
