import { describe, expect, it } from 'vitest'
import type { Deployment, DeploymentCondition } from '../../../src/apis/apps/v1.ts'
import {
  deploymentStatus,
  isComplete,
  progressCheckInMs,
  rolloutStatus,
} from '../../../src/kube-controllers/deployments/deployment-status.ts'
import { deployment, NOW, replicaSet } from './workloads.ts'

const progress = (
  reason: string,
  updatedAt: string,
  status: DeploymentCondition['status'] = 'True',
): DeploymentCondition => ({
  type: 'Progressing',
  status,
  reason,
  message: '',
  lastUpdateTime: updatedAt,
  lastTransitionTime: '2025-12-31T00:00:00Z',
})
const LONG_AGO = '2025-12-31T23:00:00Z'
const JUST_NOW = '2025-12-31T23:59:00Z'

function progressOf(before: Deployment['status'], available: number, spec = {}): string {
  const revisions = { current: replicaSet('web-1', 3, available), old: [] }
  const status = rolloutStatus(deployment({ replicas: 3, ...spec }, before), revisions, NOW)
  const found = status.conditions?.find(({ type }) => type === 'Progressing')
  return found ? `${found.status} ${found.reason} ${found.lastUpdateTime}` : 'none'
}

describe('the status of a Deployment', () => {
  it('counts its pods', () => {
    const revisions = { current: replicaSet('new', 3, 1), old: [replicaSet('old', 8, 8)] }
    const { conditions, ...counts } = deploymentStatus(deployment({ replicas: 10 }), revisions, NOW)
    expect(counts).toEqual({
      observedGeneration: 1,
      replicas: 11,
      updatedReplicas: 3,
      readyReplicas: 9,
      availableReplicas: 9,
      unavailableReplicas: 2,
      terminatingReplicas: 0,
    })
    expect(conditions).toMatchObject([
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
    ])
  })

  it.each([
    [2, 'False'],
    [3, 'True'],
  ])('with %i of 4 available says %s', (available, expected) => {
    const revisions = { current: replicaSet('new', 4, available), old: [] }
    const { conditions } = deploymentStatus(deployment({ replicas: 4 }), revisions, NOW)
    expect(conditions?.[0]?.status).toBe(expected)
  })

  it('does not say how many terminate where a ReplicaSet does not', () => {
    const { status, ...others } = replicaSet('old', 1)
    const { terminatingReplicas: _, ...silent } = status ?? { replicas: 1 }
    const revisions = { current: undefined, old: [{ ...others, status: silent }] }
    expect(deploymentStatus(deployment(), revisions, NOW).terminatingReplicas).toBeUndefined()
  })
})

describe('the progress of a rollout', () => {
  const same = { replicas: 3, updatedReplicas: 3, readyReplicas: 1, availableReplicas: 1 }
  it.each([
    ['is there where there are more pods', {}, 1, 'True ReplicaSetUpdated 2026-01-01T00:00:00Z'],
    [
      'is news, though it was there before',
      { conditions: [progress('ReplicaSetUpdated', LONG_AGO)] },
      1,
      'True ReplicaSetUpdated 2026-01-01T00:00:00Z',
    ],
    ['is complete with all pods', same, 3, 'True NewReplicaSetAvailable 2026-01-01T00:00:00Z'],
    [
      'is not over before its deadline',
      { ...same, conditions: [progress('ReplicaSetUpdated', JUST_NOW)] },
      1,
      `True ReplicaSetUpdated ${JUST_NOW}`,
    ],
    [
      'has taken too long after it',
      { ...same, conditions: [progress('ReplicaSetUpdated', LONG_AGO)] },
      1,
      'False ProgressDeadlineExceeded 2026-01-01T00:00:00Z',
    ],
    [
      'stays too long until there is some',
      { ...same, conditions: [progress('ProgressDeadlineExceeded', LONG_AGO, 'False')] },
      1,
      `False ProgressDeadlineExceeded ${LONG_AGO}`,
    ],
    [
      'is no matter when pods fail after a rollout',
      { ...same, conditions: [progress('NewReplicaSetAvailable', LONG_AGO)] },
      1,
      `True NewReplicaSetAvailable ${LONG_AGO}`,
    ],
  ])('%s', (_, before, available, expected) => {
    expect(progressOf(before, available)).toBe(expected)
  })

  it('is of no interest without a deadline', () => {
    const before = { conditions: [progress('ReplicaSetUpdated', LONG_AGO)] }
    expect(progressOf(before, 1, { progressDeadlineSeconds: 2 ** 31 - 1 })).toBe('none')
  })

  it('is looked at again a second after its deadline', () => {
    const status = { conditions: [progress('ReplicaSetUpdated', JUST_NOW)] }
    expect(progressCheckInMs(deployment(), status, NOW)).toBe((600 - 60 + 1) * 1000)
    const over = { conditions: [progress('ProgressDeadlineExceeded', LONG_AGO, 'False')] }
    expect(progressCheckInMs(deployment(), over, NOW)).toBeUndefined()
  })

  it('shows what keeps pods from being created, of the current ReplicaSet first', () => {
    const failing = (name: string, message: string) => {
      const set = replicaSet(name, 1, 0)
      const condition = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message } as const
      return { ...set, status: { replicas: 0, ...set.status, conditions: [condition] } }
    }
    const revisions = { current: failing('new', 'one'), old: [failing('old', 'two')] }
    const { conditions } = rolloutStatus(deployment(), revisions, NOW)
    expect(conditions?.at(-1)).toMatchObject({ type: 'ReplicaFailure', message: 'one' })
    const healed = { current: replicaSet('new', 1), old: [] }
    const after = rolloutStatus(deployment({}, conditions ? { conditions } : {}), healed, NOW)
    expect(after.conditions?.map(({ type }) => type)).not.toContain('ReplicaFailure')
  })
})

it.each([
  [{ updatedReplicas: 2, replicas: 2, availableReplicas: 2, observedGeneration: 1 }, true],
  [{ updatedReplicas: 2, replicas: 3, availableReplicas: 2, observedGeneration: 1 }, false],
  [{ updatedReplicas: 2, replicas: 2, availableReplicas: 1, observedGeneration: 1 }, false],
  [{ updatedReplicas: 2, replicas: 2, availableReplicas: 2, observedGeneration: 0 }, false],
])('with %j a rollout is complete: %s', (status, expected) => {
  expect(isComplete(deployment({ replicas: 2 }), status)).toBe(expected)
})
