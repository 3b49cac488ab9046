import { describe, expect, it } from 'vitest'
import type { ReplicaSet } from '../../../src/apis/apps/v1.ts'
import {
  nextAvailableInMs,
  replicaSetStatus,
} from '../../../src/kube-controllers/replica-sets/replica-set-status.ts'
import { NOT_READY, NOW, pod, ready } from '../pods/pods.ts'

const set = (spec: Partial<ReplicaSet['spec']> = {}, status?: ReplicaSet['status']): ReplicaSet => ({
  metadata: { name: 'web', namespace: 'default', generation: 3 },
  spec: { replicas: 3, selector: {}, template: { metadata: { labels: { app: 'web' } } }, ...spec },
  ...(status && { status }),
})
const labelled = { metadata: { labels: { app: 'web', more: 'yes' } } }

describe('the status of a ReplicaSet', () => {
  it('counts its pods', () => {
    const active = [
      pod('a', labelled),
      pod('b', { ...labelled, status: ready(5) }),
      pod('c', { status: NOT_READY }),
    ]
    expect(replicaSetStatus(set({ minReadySeconds: 10 }), { active, terminating: 2 }, NOW)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 2,
      observedGeneration: 3,
    })
  })

  it.each([
    [[], 'FailedCreate'],
    [['a', 'b', 'c', 'd'], 'FailedDelete'],
  ])('with the pods %j says that it was a %s', (names, reason) => {
    const findings = { active: names.map((name) => pod(name)), terminating: 0, failure: new Error('quota') }
    expect(replicaSetStatus(set(), findings, NOW).conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason,
        message: 'quota',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ])
  })

  it('keeps the first failure until there is none, and the conditions of others', () => {
    const conditions = [
      { type: 'Other', status: 'True' },
      { type: 'ReplicaFailure', status: 'True', message: 'first' },
    ] as const
    const before = set({}, { replicas: 0, conditions })
    const again = replicaSetStatus(before, { active: [], terminating: 0, failure: new Error('second') }, NOW)
    expect(again.conditions).toBe(conditions)
    const healed = replicaSetStatus(before, { active: [], terminating: 0 }, NOW)
    expect(healed.conditions).toEqual([conditions[0]])
  })
})

it.each([
  [10, [8, 3, 20], 2000],
  [10, [20], undefined],
  [0, [0], undefined],
])(
  'with minReadySeconds %i and pods that are ready for %j s, looks again in %j ms',
  (seconds, since, expected) => {
    const active = [
      ...since.map((each) => pod('a', { status: ready(each) })),
      pod('b', { status: NOT_READY }),
    ]
    expect(nextAvailableInMs(set({ minReadySeconds: seconds }), active, NOW)).toBe(expected)
  },
)
