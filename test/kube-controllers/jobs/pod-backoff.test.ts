import { describe, expect, it } from 'vitest'
import { NO_FAILURES, remainingMs, withEnded } from '../../../src/kube-controllers/jobs/pod-backoff.ts'
import { NOW } from '../pods/pods.ts'
import { jobPod } from './jobs.ts'

const ended = (phase: 'Succeeded' | 'Failed', ...secondsAgo: number[]) =>
  secondsAgo.map((endedAgo, index) => jobPod(`${phase}-${index}`, phase, { endedAgo }))

describe('failures in a row', () => {
  const two = { failures: 2, lastAtMs: NOW - 60_000 }
  it.each([
    ['are what they were when nothing has ended', [], [], two],
    ['become more', [], [30, 5], { failures: 4, lastAtMs: NOW - 5000 }],
    ['are made good by a success', [1], [], NO_FAILURES],
    ['before a success are made good', [10], [20, 30], NO_FAILURES],
    ['after a success are new ones', [10], [20, 5, 2], { failures: 2, lastAtMs: NOW - 2000 }],
  ])('%s', (_, succeeded, failed, expected) => {
    expect(withEnded(two, ended('Succeeded', ...succeeded), ended('Failed', ...failed))).toEqual(expected)
  })
})

it.each([
  [0, 0, 0],
  [1, 0, 10_000],
  [1, 4, 6000],
  [1, 11, 0],
  [3, 0, 40_000],
  [7, 0, 600_000],
  [1_000_000, 100, 500_000],
])('after %i failures, the last %i s ago, it waits for %i ms', (failures, secondsAgo, expected) => {
  expect(remainingMs({ failures, lastAtMs: NOW - secondsAgo * 1000 }, NOW)).toBe(expected)
})
