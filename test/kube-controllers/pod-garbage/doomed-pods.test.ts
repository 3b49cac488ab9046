import { describe, expect, it } from 'vitest'
import type { Node, Pod } from '../../../src/apis/core/v1.ts'
import { doomedPods } from '../../../src/kube-controllers/pod-garbage/doomed-pods.ts'
import { MissingNodes, QUARANTINE_MS } from '../../../src/kube-controllers/pod-garbage/missing-nodes.ts'

const ENDING = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const podWith = (name: string, nodeName: string, metadata = {}, status: Pod['status'] = {}): Pod => ({
  metadata: { name, ...metadata },
  spec: nodeName === '' ? {} : { nodeName },
  status,
})
const nodeWith = (name: string, ready: 'True' | 'False', key?: string): Node => ({
  metadata: { name },
  spec: key ? { taints: [{ key, effect: 'NoExecute' }] } : {},
  status: { conditions: [{ type: 'Ready', status: ready }] },
})
const nodes = [
  nodeWith('well', 'True', 'node.kubernetes.io/out-of-service'),
  nodeWith('ill', 'False'),
  nodeWith('out', 'False', 'node.kubernetes.io/out-of-service'),
]
const doomed = (pods: readonly Pod[], mostTerminated = 100) =>
  doomedPods({
    pods,
    nodeOf: (name) => nodes.find(({ metadata }) => metadata.name === name),
    goneNodes: new Set(['gone']),
    mostTerminated,
  }).map(({ pod, reason }) => [pod.metadata.name, reason])

describe('Pods that nobody else will delete', () => {
  it.each<[string, Pod, boolean]>([
    ['on a node', podWith('a', 'well'), false],
    ['being deleted on a node', podWith('a', 'well', ENDING), false],
    ['being deleted on a node that is not ready', podWith('a', 'ill', ENDING), false],
    ['being deleted on a node that was given up', podWith('a', 'out', ENDING), true],
    ['on a node that was given up', podWith('a', 'out'), false],
    ['that wait', podWith('a', ''), false],
    ['being deleted before they had a node', podWith('a', '', ENDING), true],
    ['that are over', podWith('a', 'well', {}, { phase: 'Succeeded' }), false],
  ])('%s: %3$s', (_, pod, isDoomed) => {
    expect(doomed([pod])).toEqual(isDoomed ? [['a', undefined]] : [])
  })

  it('are those of a node that is gone, and they say so', () => {
    expect(doomed([podWith('a', 'gone')])).toEqual([['a', 'PodGC: node no longer exists']])
  })

  it('are the oldest of too many that are over, and the evicted before them', () => {
    const over = (name: string, minute: number, status: Pod['status'] = { phase: 'Failed' }) =>
      podWith(name, 'well', { creationTimestamp: `2026-01-01T00:0${minute}:00Z` }, status)
    const pods = [
      over('young', 3),
      over('old', 1),
      over('older', 0, { phase: 'Succeeded' }),
      over('evicted', 4, { phase: 'Failed', reason: 'Evicted' }),
      podWith('running', 'well', {}, { phase: 'Running' }),
    ]
    expect(doomed(pods, 4)).toEqual([])
    expect(doomed(pods, 2)).toEqual([
      ['older', undefined],
      ['evicted', undefined],
    ])
  })
})

describe('nodes that are missing', () => {
  it('are given up when they have been for long enough', () => {
    const missing = new MissingNodes()
    expect(missing.overdue(new Set(['a', 'b']), 0)).toEqual([])
    expect(missing.overdue(new Set(['a']), QUARANTINE_MS - 1)).toEqual([])
    expect(missing.overdue(new Set(['a', 'b']), QUARANTINE_MS)).toEqual(['a'])
    expect(missing.overdue(new Set(['b']), 2 * QUARANTINE_MS)).toEqual(['b'])
    expect(missing.overdue(new Set(), 2 * QUARANTINE_MS)).toEqual([])
  })
})
