import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  sizesAfterScaling,
  wasScaled,
} from '../../../src/kube-controllers/deployments/proportional-scaling.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS } from '../../../src/kube-controllers/deployments/revisions.ts'
import { deployment, replicaSet } from './workloads.ts'

const sized = (desired: number, max: number) => ({
  [DESIRED_REPLICAS]: `${desired}`,
  [MAX_REPLICAS]: `${max}`,
})

/** Sizes of the old ReplicaSets, and of the current one, after a Deployment with a surge was scaled. */
function scaled(to: number, surge: number, before: number[], annotations: Record<string, string>): number[] {
  const sets = before.map((size, index) => replicaSet(`set-${index}`, size, size - 1, annotations))
  const current = sets.at(-1)
  const sizes = sizesAfterScaling(deployment({ replicas: to, surge }), { current, old: sets.slice(0, -1) })
  return sets.map((set) => sizes.find((each) => each.set === set)?.size ?? set.spec.replicas ?? 0)
}

describe('a Deployment that is scaled', () => {
  it.each([
    ['gives its only ReplicaSet all', 5, 0, [0, 3], sized(3, 3), [0, 5]],
    ['gives all of them their part', 15, 3, [8, 5], sized(10, 13), [11, 7]],
    ['gives what is left over to the largest', 20, 0, [5, 5], sized(10, 10), [10, 10]],
    ['takes from all of them their part', 5, 0, [5, 5], sized(10, 10), [2, 3]],
    ['takes all from all', 0, 2, [5, 5], sized(10, 12), [0, 0]],
  ])('%s', (_, to, surge, before, annotations, expected) => {
    expect(scaled(to, surge, before, annotations)).toEqual(expected)
  })

  it('comes to as many as there may be, whatever there was', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 5 }),
        (before, to, surge) => {
          const total = before.reduce((sum, size) => sum + size, 0)
          const after = scaled(to, surge, before, sized(total, total))
          expect(Math.min(...after)).toBeGreaterThanOrEqual(0)
          expect(after.reduce((sum, size) => sum + size, 0)).toBe(to === 0 ? 0 : to + surge)
        },
      ),
    )
  })

  it.each([
    [3, sized(3, 4), false],
    [4, sized(3, 4), true],
    [4, {}, false],
  ])('to %i is seen to be so by %j', (replicas, annotations, expected) => {
    const revisions = { current: replicaSet('current', 3, 3, annotations), old: [] }
    expect(wasScaled(deployment({ replicas }), revisions)).toBe(expected)
  })

  it('takes from old ReplicaSets what the current one has in full', () => {
    const current = replicaSet('current', 3, 3, sized(3, 4))
    const old = [replicaSet('old', 2, 2, sized(5, 6))]
    const [only, ...others] = sizesAfterScaling(deployment({ replicas: 3 }), { current, old })
    expect([only?.set.metadata.name, only?.size, others]).toEqual(['old', 0, []])
  })
})
