import { describe, expect, it } from 'vitest'
import { CLUSTER_MANAGER_FINALIZER } from '../../../src/apis/operator/constants.ts'
import type { ClusterManager } from '../../../src/apis/operator/v1.ts'
import { makerOfHub } from '../../../src/operator/cluster-manager/hub-maker.ts'

const clusterManager = (
  name: string,
  createdInMinute: number,
  finalizers: string[] = [],
): ClusterManager => ({
  metadata: { name, creationTimestamp: `2026-01-01T00:0${createdInMinute}:00Z`, finalizers },
})
const hosted = (each: ClusterManager): ClusterManager => ({
  ...each,
  spec: { deployOption: { mode: 'Hosted' } },
})
const nameOf = (...all: ClusterManager[]) => makerOfHub(all)?.metadata.name

describe('a hub that several ClusterManagers want', () => {
  it('is that of the oldest, of the same age that of the first name', () => {
    expect(nameOf(clusterManager('a', 2), clusterManager('c', 1), clusterManager('b', 1))).toBe('b')
  })

  it('stays that of whoever has it', () => {
    expect(nameOf(clusterManager('a', 1), clusterManager('b', 2, [CLUSTER_MANAGER_FINALIZER]))).toBe('b')
  })

  it('is never that of one which has its hub elsewhere', () => {
    expect(nameOf(hosted(clusterManager('a', 1)), clusterManager('b', 2))).toBe('b')
    expect(nameOf(hosted(clusterManager('a', 1)))).toBeUndefined()
  })
})
