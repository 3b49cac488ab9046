import { describe, expect, it } from 'vitest'
import { FairQueue } from '../../../src/controlplane/http/fair-queue.ts'

function queueOf(...entries: readonly [flow: string, entry: number][]): FairQueue<number> {
  const queue = new FairQueue<number>()
  for (const [flow, entry] of entries) queue.add(flow, entry)
  return queue
}

function takeAll(queue: FairQueue<number>): number[] {
  return Array.from({ length: queue.length }, () => queue.take()?.entry as number)
}

describe('FairQueue', () => {
  it('takes from each line in turn, and from a line in its order', () => {
    const queue = queueOf(['a', 1], ['a', 2], ['a', 3], ['b', 4], ['c', 5], ['c', 6])
    expect(takeAll(queue)).toEqual([1, 4, 5, 2, 6, 3])
    expect(queue.take()).toBeUndefined()
  })

  it('lets who comes next wait for one of each other line, not for all of them', () => {
    const queue = queueOf(['a', 1], ['a', 2], ['a', 3])
    expect(queue.take()).toEqual({ flow: 'a', entry: 1 })
    queue.add('b', 4)
    expect(takeAll(queue)).toEqual([2, 4, 3])
  })

  it('passes over lines that may not be taken from, which keep their turns', () => {
    const queue = queueOf(['a', 1], ['a', 2], ['b', 3], ['c', 4])
    const notA = (flow: string) => flow !== 'a'
    expect(queue.take(notA)).toEqual({ flow: 'b', entry: 3 })
    expect(takeAll(queue)).toEqual([1, 4, 2])
    queue.add('a', 5)
    expect(queue.take(notA)).toBeUndefined()
    expect(queue.length).toBe(1)
  })

  it('knows how many wait, also when some have left', () => {
    const queue = queueOf(['a', 1], ['a', 2], ['b', 3])
    queue.delete('a', 1)
    queue.delete('a', 1)
    queue.delete('b', 3)
    queue.delete('c', 4)
    expect([queue.length, queue.lengthOf('a'), queue.lengthOf('b')]).toEqual([1, 1, 0])
    expect(takeAll(queue)).toEqual([2])
    expect([queue.length, queue.lengthOf('a')]).toEqual([0, 0])
  })
})
