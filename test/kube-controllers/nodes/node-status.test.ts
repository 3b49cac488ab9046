import { describe, expect, it } from 'vitest'
import type { Lease } from '../../../src/apis/coordination/v1.ts'
import type { Node, NodeCondition } from '../../../src/apis/core/v1.ts'
import { NodeHeartbeats } from '../../../src/kube-controllers/nodes/node-heartbeats.ts'
import { taintsFor, unknownNode } from '../../../src/kube-controllers/nodes/node-status.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const NOW_TEXT = '2026-01-01T00:00:00Z'
const condition = (type: string, status: NodeCondition['status'], more = {}): NodeCondition => ({
  type,
  status,
  ...more,
})
const nodeWith = (conditions: NodeCondition[], spec: Node['spec'] = {}): Node => ({
  metadata: { name: 'a', creationTimestamp: '2025-01-01T00:00:00Z' },
  spec,
  status: { conditions },
})
const leaseAt = (renewTime: string): Lease => ({ metadata: { name: 'a' }, spec: { renewTime } })

describe('the heartbeats of a node', () => {
  it('are its status and its lease, by when they were seen', () => {
    const heartbeats = new NodeHeartbeats()
    const at = (lastHeartbeatTime: string) => nodeWith([condition('Ready', 'True', { lastHeartbeatTime })])
    expect(heartbeats.leftMs(at('x'), leaseAt('1'), 0)).toBe(40_000)
    expect(heartbeats.leftMs(at('x'), leaseAt('1'), 30_000)).toBe(10_000)
    expect(heartbeats.leftMs(at('x'), leaseAt('2'), 30_000)).toBe(40_000)
    expect(heartbeats.leftMs(at('y'), leaseAt('2'), 60_000)).toBe(40_000)
    expect(heartbeats.leftMs(at('y'), leaseAt('2'), 100_000)).toBe(0)
    heartbeats.forget('a')
    expect(heartbeats.leftMs(at('y'), leaseAt('2'), 100_000)).toBe(40_000)
  })

  it('may be late when it begins', () => {
    expect(new NodeHeartbeats().leftMs(nodeWith([]), undefined, 5)).toBe(60_000)
  })
})

describe('a silent node', () => {
  it('is in a state that nobody knows', () => {
    const lastHeartbeatTime = '2025-06-01T00:00:00Z'
    const node = nodeWith([
      condition('Ready', 'True', { lastHeartbeatTime, reason: 'KubeletReady' }),
      condition('NetworkUnavailable', 'False'),
      condition('DiskPressure', 'Unknown', { reason: 'kept' }),
    ])
    const stopped = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
    const never = {
      status: 'Unknown',
      lastHeartbeatTime: '2025-01-01T00:00:00Z',
      lastTransitionTime: NOW_TEXT,
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    }
    const unknown = unknownNode(node, NOW)
    expect(unknown.status?.conditions).toEqual([
      { type: 'Ready', status: 'Unknown', lastHeartbeatTime, lastTransitionTime: NOW_TEXT, ...stopped },
      condition('NetworkUnavailable', 'False'),
      condition('DiskPressure', 'Unknown', { reason: 'kept' }),
      { type: 'MemoryPressure', ...never },
      { type: 'PIDPressure', ...never },
    ])
    expect(unknownNode(unknown, NOW + 5000)).toBe(unknown)
  })
})

describe('the taints of a node', () => {
  const both = (key: string) => [`${key}:NoSchedule`, `${key}:NoExecute`]

  it.each<[string, NodeCondition[], Node['spec'], string[] | undefined]>([
    ['that is well', [condition('Ready', 'True')], {}, undefined],
    ['that says nothing', [], {}, undefined],
    ['that is not ready', [condition('Ready', 'False')], {}, both('node.kubernetes.io/not-ready')],
    ['that is silent', [condition('Ready', 'Unknown')], {}, both('node.kubernetes.io/unreachable')],
    [
      'that is short of something',
      [condition('Ready', 'True'), condition('MemoryPressure', 'True'), condition('DiskPressure', 'False')],
      {},
      ['node.kubernetes.io/memory-pressure:NoSchedule'],
    ],
    ['that is closed', [], { unschedulable: true }, ['node.kubernetes.io/unschedulable:NoSchedule']],
    [
      'that was silent and is well',
      [condition('Ready', 'True')],
      {
        taints: [
          { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
          { key: 'mine', effect: 'NoSchedule' },
        ],
      },
      ['mine:NoSchedule'],
    ],
    [
      'that has them',
      [condition('Ready', 'False')],
      {
        taints: [
          { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: 'then' },
          { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
        ],
      },
      undefined,
    ],
  ])('%s', (_, conditions, spec, taints) => {
    const found = taintsFor(nodeWith(conditions, spec), NOW)
    expect(found?.map(({ key, effect }) => `${key}:${effect}`)).toEqual(taints)
  })

  it('say since when', () => {
    const taints = taintsFor(nodeWith([condition('Ready', 'False')]), NOW)
    expect(taints?.map(({ timeAdded }) => timeAdded)).toEqual([NOW_TEXT, NOW_TEXT])
  })
})
