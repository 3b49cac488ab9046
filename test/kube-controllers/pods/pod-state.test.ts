import { describe, expect, it } from 'vitest'
import { availableInMs, isActive, isTerminating } from '../../../src/kube-controllers/pods/pod-state.ts'
import { NOT_READY, NOW, pod, ready } from './pods.ts'

describe('a pod is available', () => {
  it.each([
    ['at once where it need not be ready for long', ready(0), 0, 0],
    ['when it was ready for long enough', ready(10), 10, 0],
    ['later when it has just become ready', ready(4), 10, 6000],
    ['never when it is not ready', NOT_READY, 0, Number.POSITIVE_INFINITY],
    ['never without conditions', { conditions: [] }, 0, Number.POSITIVE_INFINITY],
  ])('%s', (_, status, seconds, expected) => {
    expect(availableInMs(pod('a', { status }), seconds, NOW)).toBe(expected)
  })
})

it.each([
  ['Running', false, true, false],
  ['Pending', true, false, true],
  ['Failed', false, false, false],
  ['Failed', true, false, false],
] as const)(
  'a pod that is %s (deleted: %s) is active: %s, terminating: %s',
  (phase, deleted, active, ends) => {
    const metadata = deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}
    const found = pod('a', { metadata, status: { phase } })
    expect([isActive(found), isTerminating(found)]).toEqual([active, ends])
  },
)
