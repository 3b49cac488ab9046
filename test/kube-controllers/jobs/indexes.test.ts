import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstPending, Indexes } from '../../../src/kube-controllers/jobs/indexes.ts'

const of = (...indexes: number[]) => Indexes.NONE.with(indexes)

describe('indexes', () => {
  it.each([
    ['', ''],
    ['0', '0'],
    ['0-1', '0,1'],
    ['3,1,2', '1-3'],
    ['0-2,5,7-9', '0-2,5,7-9'],
    ['0-99', '0-9'],
    ['12', ''],
    ['x,1,-3,4-2', '1'],
    ['0-5,2-3,4-7', '0-7'],
  ])('%j below ten are %j', (text, expected) => {
    expect(Indexes.parse(text, 10).toString()).toBe(expected)
  })

  it('are those of a set, whatever is done with them', () => {
    const indexes = fc.array(fc.integer({ min: 0, max: 60 }))
    fc.assert(
      fc.property(indexes, indexes, (some, others) => {
        const set = new Set(some)
        const list = of(...some)
        expect(list.size).toBe(set.size)
        expect(Indexes.parse(list.toString(), 61).toString()).toBe(list.toString())
        for (let index = 0; index <= 60; index += 1) expect(list.has(index)).toBe(set.has(index))
        expect(list.overlap(of(...others))).toBe(new Set(others.filter((each) => set.has(each))).size)
        const free = Array.from({ length: 61 }, (_, index) => index).filter(
          (index) => !set.has(index) && !others.includes(index),
        )
        expect(firstPending(7, 61, list, of(...others))).toEqual(free.slice(0, 7))
      }),
    )
  })

  it('are no more work the more of them there are', () => {
    const all = Indexes.parse('0-1999999999', 2_000_000_000)
    expect([all.size, all.has(1_999_999_999), firstPending(3, 2_000_000_000, all)]).toEqual([
      2_000_000_000,
      true,
      [],
    ])
  })
})
