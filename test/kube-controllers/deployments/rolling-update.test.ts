import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Deployment, ReplicaSet } from '../../../src/apis/apps/v1.ts'
import { currentSize, oldSizes } from '../../../src/kube-controllers/deployments/rolling-update.ts'
import { rolloutBounds } from '../../../src/kube-controllers/deployments/rollout-bounds.ts'
import { deployment, replicaSet } from './workloads.ts'

const sizesOf = (resizings: ReturnType<typeof oldSizes>) =>
  Object.fromEntries(resizings.map(({ set, size }) => [set.metadata.name, size]))

describe('the current ReplicaSet', () => {
  it.each([
    ['all at once where there is no other', deployment({ replicas: 5 }), 0, [], 5],
    ['as far as the surge allows', deployment({ replicas: 10, surge: 2 }), 0, [10], 2],
    ['nothing more where there is no room', deployment({ replicas: 10, surge: 2 }), 2, [10], 2],
    ['what old ones have left', deployment({ replicas: 10, surge: 2 }), 2, [6], 6],
    ['less where it has too many', deployment({ replicas: 3 }), 5, [], 3],
    [
      'all with the strategy Recreate',
      deployment({ replicas: 4, strategy: { type: 'Recreate' } }),
      0,
      [4],
      4,
    ],
  ])('wants %s', (_, wanted, size, others, expected) => {
    const current = replicaSet('current', size)
    const old = others.map((each, index) => replicaSet(`old-${index}`, each))
    expect(currentSize(wanted, current, [current, ...old])).toBe(expected)
  })
})

describe('old ReplicaSets', () => {
  const wanted = deployment({ replicas: 10, surge: 2, unavailable: 2 })
  it.each([
    ['give what may be unavailable', 0, 0, [[10, 10]], { 'old-0': 8 }],
    ['give nothing more while the new pods are not available', 4, 0, [[8, 8]], {}],
    ['give as many as have become available', 4, 4, [[8, 8]], { 'old-0': 4 }],
    ['give those first that are not available anyway', 2, 0, [[10, 6]], { 'old-0': 8 }],
    [
      'give the unhealthy of all before the healthy of any',
      0,
      0,
      [
        [5, 5],
        [5, 3],
      ],
      { 'old-1': 3 },
    ],
    [
      'give all in the end',
      10,
      10,
      [
        [1, 1],
        [1, 1],
      ],
      { 'old-0': 0, 'old-1': 0 },
    ],
  ] as const)('%s', (_, size, available, others, expected) => {
    const old = others.map(([replicas, healthy], index) => replicaSet(`old-${index}`, replicas, healthy))
    const revisions = { current: replicaSet('current', size, available), old }
    expect(sizesOf(oldSizes(wanted, revisions))).toEqual(expected)
  })
})

/** A cluster in which pods come and go at once, but become available only now and then. */
class Cluster {
  readonly deployment: Deployment
  current: ReplicaSet
  old: readonly ReplicaSet[]

  constructor(deployed: Deployment, old: readonly ReplicaSet[]) {
    this.deployment = deployed
    this.current = replicaSet('current', 0)
    this.old = old
  }

  get total(): number {
    return [this.current, ...this.old].reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
  }

  get available(): number {
    return [this.current, ...this.old].reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0)
  }

  /** One reconcile of the Deployment, and what the ReplicaSets do then: the unavailable go first. */
  step(): boolean {
    const all = [...this.old, this.current]
    const size = currentSize(this.deployment, this.current, all)
    if (size !== this.current.spec.replicas) {
      this.current = resized(this.current, size)
      return true
    }
    const sizes = oldSizes(this.deployment, { current: this.current, old: this.old })
    this.old = this.old.map((set) => resized(set, sizes.find((each) => each.set === set)?.size))
    return sizes.length > 0
  }

  becomeAvailable(count: number): void {
    const { name = '' } = this.current.metadata
    const { replicas = 0 } = this.current.spec
    const before = this.current.status?.availableReplicas ?? 0
    this.current = replicaSet(name, replicas, Math.min(before + count, replicas))
  }
}

function resized(set: ReplicaSet, size = set.spec.replicas ?? 0): ReplicaSet {
  return replicaSet(set.metadata.name ?? '', size, Math.min(set.status?.availableReplicas ?? 0, size))
}

describe('a rolling update', () => {
  const amount = fc.oneof(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
  )
  const rollouts = fc.record({
    replicas: fc.integer({ min: 0, max: 30 }),
    surge: amount,
    unavailable: amount,
    broken: fc.integer({ min: 0, max: 5 }),
    sharesOfOld: fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 4 }),
    luck: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }),
  })

  it('keeps to its bounds at every step, and comes to an end', () => {
    fc.assert(
      fc.property(rollouts, ({ replicas, surge, unavailable, broken, sharesOfOld, luck }) => {
        const deployed = deployment({ replicas, surge, unavailable })
        const { maxSurge, maxUnavailable } = rolloutBounds(deployed)
        let left = replicas
        const old = sharesOfOld.map((share, index) => {
          const size = index === sharesOfOld.length - 1 ? left : Math.min(share, left)
          left -= size
          return replicaSet(`old-${index}`, size, Math.max(size - broken, 0))
        })
        const cluster = new Cluster(deployed, old)
        const least = Math.min(cluster.available, replicas - maxUnavailable)
        for (let round = 0; round < 500; round += 1) {
          const isChanged = cluster.step()
          expect(cluster.total).toBeLessThanOrEqual(replicas + maxSurge)
          expect(cluster.available).toBeGreaterThanOrEqual(least)
          const isDone = cluster.current.status?.availableReplicas === replicas && cluster.total === replicas
          if (isDone && !isChanged) return
          // With bad luck nothing becomes available for a while, but not for ever.
          cluster.becomeAvailable(round % 5 === 4 ? 3 : (luck[round % luck.length] ?? 0))
        }
        throw new Error('it has not come to an end')
      }),
      { numRuns: 500 },
    )
  })
})
