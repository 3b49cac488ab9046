import { describe, expect, it } from 'vitest'
import type { Node, Pod, Toleration } from '../../../src/apis/core/v1.ts'
import {
  chooseNode,
  loadOf,
  type NodeLoad,
  withPod,
} from '../../../src/kube-controllers/scheduling/choose-node.ts'

const nodeWith = (name: string, spec: Node['spec'] = {}, labels = {}, allocatable = {}): NodeLoad =>
  loadOf(
    {
      metadata: { name, labels },
      spec,
      status: { allocatable: { cpu: '2', memory: '1Gi', pods: '3', ...allocatable } },
    },
    [],
  )
const asking = (requests: Record<string, string>, more: Pod['spec'] = {}): Pod => ({
  metadata: { name: 'pod' },
  spec: { containers: [{ name: 'main', resources: { requests } }], ...more },
})
const POD = asking({})
const chosen = (pod: Pod, ...loads: NodeLoad[]) => {
  const choice = chooseNode(pod, loads)
  return 'node' in choice ? choice.node.metadata.name : choice.message
}
const refusal = (reasons: string, count = 1) => `0/${count} nodes are available: ${reasons}.`
const affinity = (...matchExpressions: { key: string; operator: string; values?: string[] }[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
    },
  },
})
const TAINT = { key: 'gpu', value: 'big', effect: 'NoSchedule' }

describe('the node of a Pod', () => {
  it('is one with room, the one that has less to do first', () => {
    const busy = withPod(nodeWith('a'), POD)
    expect(chosen(POD, busy, nodeWith('c'), nodeWith('b'))).toBe('b')
    const reluctant = nodeWith('a', { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] })
    expect(chosen(POD, reluctant, withPod(nodeWith('b'), POD))).toBe('b')
  })

  it('cannot be where there is none', () => {
    expect(chosen(POD)).toBe('no nodes available to schedule pods')
  })

  it('is not a closed one, unless that is tolerated', () => {
    const closed = nodeWith('a', { unschedulable: true })
    expect(chosen(POD, closed)).toBe(refusal('1 node(s) were unschedulable'))
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' as const }]
    expect(chosen(asking({}, { tolerations }), closed)).toBe('a')
  })

  it.each<[readonly Toleration[], boolean]>([
    [[], false],
    [[{ operator: 'Exists' }], true],
    [[{ key: 'gpu', operator: 'Exists' }], true],
    [[{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }], false],
    [[{ key: 'gpu', value: 'big' }], true],
    [[{ key: 'gpu', operator: 'Equal', value: 'big', effect: 'NoSchedule' }], true],
    [[{ key: 'gpu', value: 'small' }], false],
    [[{ key: 'other', operator: 'Exists' }], false],
  ])('with a taint, tolerations %j let in: %s', (tolerations, isLetIn) => {
    const found = chosen(asking({}, { tolerations }), nodeWith('a', { taints: [TAINT] }))
    expect(found).toBe(isLetIn ? 'a' : refusal('1 node(s) had untolerated taint(s)'))
  })

  it.each<[string, NonNullable<Pod['spec']>, boolean]>([
    ['selector', { nodeSelector: { disk: 'ssd' } }, true],
    ['selector of another', { nodeSelector: { disk: 'hdd' } }, false],
    ['In', affinity({ key: 'disk', operator: 'In', values: ['hdd', 'ssd'] }), true],
    ['NotIn', affinity({ key: 'disk', operator: 'NotIn', values: ['ssd'] }), false],
    ['NotIn of what it has not', affinity({ key: 'x', operator: 'NotIn', values: ['ssd'] }), true],
    ['Exists', affinity({ key: 'disk', operator: 'Exists' }), true],
    ['DoesNotExist', affinity({ key: 'disk', operator: 'DoesNotExist' }), false],
    ['Gt', affinity({ key: 'cores', operator: 'Gt', values: ['7'] }), true],
    ['Lt', affinity({ key: 'cores', operator: 'Lt', values: ['8'] }), false],
    ['Gt of no number', affinity({ key: 'disk', operator: 'Gt', values: ['1'] }), false],
    [
      'two that must both hold',
      affinity({ key: 'disk', operator: 'Exists' }, { key: 'x', operator: 'Exists' }),
      false,
    ],
    ['nothing', affinity(), false],
    ['__proto__', { nodeSelector: { constructor: 'x' } }, false],
  ])('by %s: %3$s', (_, spec, isRight) => {
    const found = chosen(asking({}, spec), nodeWith('a', {}, { disk: 'ssd', cores: '8' }))
    expect(found).toBe(isRight ? 'a' : refusal("1 node(s) didn't match Pod's node affinity/selector"))
  })

  it('by its name is that one', () => {
    const matchFields = [{ key: 'metadata.name', operator: 'In', values: ['b'] }]
    const required = { nodeSelectorTerms: [{ matchFields }] }
    const spec = { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } }
    expect(chosen(asking({}, spec), nodeWith('a'), nodeWith('b'))).toBe('b')
  })

  it('has what is asked for left', () => {
    const half = withPod(nodeWith('a'), asking({ cpu: '1500m', memory: '512Mi' }))
    expect(chosen(asking({ cpu: '500m', memory: '512Mi' }), half)).toBe('a')
    expect(chosen(asking({ cpu: '501m', memory: '513Mi' }), half)).toBe(
      refusal('1 Insufficient cpu, 1 Insufficient memory'),
    )
    expect(chosen(asking({ 'example.com/thing': '1' }), half)).toBe(
      refusal('1 Insufficient example.com/thing'),
    )
    expect(chosen(POD, loadOf(nodeWith('a').node, [POD, POD, POD]))).toBe(refusal('1 Too many pods'))
  })

  it('has room for init containers and sidecars, too', () => {
    const container = (cpu: string, restartPolicy?: 'Always') => ({
      name: 'x',
      resources: { requests: { cpu } },
      ...(restartPolicy && { restartPolicy }),
    })
    const pod = (init: string, sidecar: string, main: string, overhead = '0') =>
      asking(
        {},
        {
          initContainers: [container(sidecar, 'Always'), container(init)],
          containers: [container(main)],
          overhead: { cpu: overhead },
        },
      )
    const lack = refusal('1 Insufficient cpu')
    expect(chosen(pod('1', '1', '1'), nodeWith('a'))).toBe('a')
    expect(chosen(pod('1500m', '1', '0'), nodeWith('a'))).toBe(lack)
    expect(chosen(pod('0', '1', '1100m'), nodeWith('a'))).toBe(lack)
    expect(chosen(pod('0', '1', '1', '1m'), nodeWith('a'))).toBe(lack)
  })

  it('is refused with all reasons of all nodes', () => {
    const loads = [
      nodeWith('a', { taints: [TAINT] }),
      nodeWith('b', { taints: [TAINT] }),
      nodeWith('c', { unschedulable: true }),
      nodeWith('d', {}, {}, { cpu: '1m' }),
    ]
    expect(chosen(asking({ cpu: '1' }), ...loads)).toBe(
      refusal('1 Insufficient cpu, 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s)', 4),
    )
  })
})
