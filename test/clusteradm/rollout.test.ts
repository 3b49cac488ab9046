import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../src/apis/apps/v1.ts'
import type { Pod } from '../../src/apis/core/v1.ts'
import { isRolledOut, rolloutStatus, unreadyPods } from '../../src/clusteradm/waiting/rollout.ts'

const LABELS = { app: 'a' }

function deployment(status: object, { generation = 2, replicas = 3 } = {}): Deployment {
  return {
    metadata: { namespace: 'n', name: 'd', generation },
    spec: { replicas, selector: { matchLabels: LABELS }, template: { metadata: { labels: LABELS } } },
    status,
  } as unknown as Deployment
}

function pod(name: string, status: object, metadata: object = {}): Pod {
  return { metadata: { namespace: 'n', name, labels: LABELS, ...metadata }, status } as Pod
}

const SETTLED = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3 }

describe('a Deployment', () => {
  it.each([
    ['as soon as one of its newest Pods is available', { ...SETTLED, availableReplicas: 1 }, true],
    ['not while no Pod is available', { ...SETTLED, availableReplicas: 0 }, false],
    ['not before its controller has seen what is wanted now', { ...SETTLED, observedGeneration: 1 }, false],
    ['not while Pods of before are left', { ...SETTLED, replicas: 4 }, false],
    ['not before anybody has looked at it', {}, false],
  ])('is rolled out %s', (_, status, is) => {
    expect(isRolledOut(deployment(status))).toBe(is)
  })

  it('is rolled out without Pods where none are wanted', () => {
    expect(isRolledOut(deployment({ observedGeneration: 2 }, { replicas: 0 }))).toBe(true)
    expect(isRolledOut(deployment({ observedGeneration: 2, replicas: 1 }, { replicas: 0 }))).toBe(false)
  })

  it('misses its own Pods alone, and none that are on their way out', () => {
    const waiting = { phase: 'Pending' }
    const pods = [
      pod('ready', { conditions: [{ type: 'Ready', status: 'True' }] }),
      pod('waiting', waiting),
      pod('leaving', waiting, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      pod('of-another', waiting, { labels: { app: 'b' } }),
      pod('elsewhere', waiting, { namespace: 'm' }),
    ]
    expect(unreadyPods(deployment({}), pods).map(({ metadata }) => metadata.name)).toEqual(['waiting'])
  })

  it('says why it is not rolled out', () => {
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }
    expect(rolloutStatus(deployment({ conditions: [failure] }), [])).toBe('FailedCreate: quota')
    expect(rolloutStatus(deployment({}), [])).toContain('the Deployment n/d has no Pods')
    expect(rolloutStatus(deployment(SETTLED), [])).toBe('the Deployment n/d is still rolling')
    expect(rolloutStatus(deployment({}), [pod('p', { phase: 'Pending' })])).toBe('Pending')
  })
})
