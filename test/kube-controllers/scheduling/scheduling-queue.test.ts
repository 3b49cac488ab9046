import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src/apis/core/v1.ts'
import { loadsOf, waitingPods } from '../../../src/kube-controllers/scheduling/scheduling-queue.ts'

const podWith = (name: string, spec: Pod['spec'] = {}, metadata = {}, status: Pod['status'] = {}): Pod => ({
  metadata: { name, uid: `uid-${name}`, ...metadata },
  spec,
  status,
})

describe('Pods that wait for a node', () => {
  it('come by their importance, and then by their age', () => {
    const at = (minute: number) => ({ creationTimestamp: `2026-01-01T00:0${minute}:00Z` })
    const pods = [
      podWith('late', {}, at(2)),
      podWith('b', {}, at(1)),
      podWith('a', {}, at(1)),
      podWith('important', { priority: 10 }, at(3)),
      podWith('least', { priority: -1 }, at(0)),
    ]
    const names = waitingPods(pods).map(({ metadata }) => metadata.name)
    expect(names).toEqual(['important', 'a', 'b', 'late', 'least'])
  })

  it.each<[string, Pod]>([
    ['have one', podWith('a', { nodeName: 'x' })],
    ["are another scheduler's", podWith('a', { schedulerName: 'mine' })],
    ['are held back', podWith('a', { schedulingGates: [{ name: 'x' }] })],
    ['are being deleted', podWith('a', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['are over', podWith('a', {}, {}, { phase: 'Failed' })],
  ])('are not those that %s', (_, pod) => {
    expect(waitingPods([pod])).toEqual([])
  })
})

describe('the load of a node', () => {
  it('is what runs on it, or will', () => {
    const running = podWith('running', { nodeName: 'x' })
    const coming = podWith('coming')
    const over = podWith('over', { nodeName: 'x' }, {}, { phase: 'Succeeded' })
    const nodes = [{ metadata: { name: 'x' } }, { metadata: { name: 'y' } }]
    const pods = [running, coming, over, podWith('waiting')]
    const loads = loadsOf(nodes, pods, new Map([['uid-coming', 'x']]))
    expect(loads.map(({ node, podCount }) => [node.metadata.name, podCount])).toEqual([
      ['x', 2],
      ['y', 0],
    ])
  })
})
