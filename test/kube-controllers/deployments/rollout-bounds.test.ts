import { describe, expect, it } from 'vitest'
import { rolloutBounds } from '../../../src/kube-controllers/deployments/rollout-bounds.ts'
import { deployment } from './workloads.ts'

describe('the bounds of a rollout', () => {
  it.each([
    // surges are rounded up, and what may be unavailable down
    [10, '25%', '25%', 3, 2],
    [1, '25%', '25%', 1, 0],
    [0, '25%', '25%', 0, 0],
    [4, 0, '20%', 0, 1], // with neither it could not go on
    [4, '0%', '0%', 0, 1],
    [0, 0, '1%', 0, 0],
    [3, 0, 5, 0, 3],
    [10, 2, 1, 2, 1],
    [7, '100%', '100%', 7, 7],
  ])('%i pods, surge %s, unavailable %s', (replicas, surge, unavailable, maxSurge, maxUnavailable) => {
    expect(rolloutBounds(deployment({ replicas, surge, unavailable }))).toEqual({
      replicas,
      maxSurge,
      maxUnavailable,
    })
  })

  it('leave no room with the strategy Recreate', () => {
    expect(rolloutBounds(deployment({ replicas: 4, strategy: { type: 'Recreate' } }))).toEqual({
      replicas: 4,
      maxSurge: 0,
      maxUnavailable: 0,
    })
  })
})
