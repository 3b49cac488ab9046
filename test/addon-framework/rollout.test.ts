import { describe, expect, it } from 'vitest'
import type { ClusterRollout, RolloutState } from '../../src/addon-framework/rollout/cluster-rollout.ts'
import type { DecisionGroup } from '../../src/addon-framework/rollout/decision-groups.ts'
import { rollOut } from '../../src/addon-framework/rollout/rollout.ts'
import { InvalidThresholdError, rolloutSize } from '../../src/addon-framework/rollout/rollout-size.ts'
import type { RolloutStrategy } from '../../src/apis/cluster/crds/rollout-strategy.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:00Z')
const MINUTE_MS = 60_000

const group = (index: number, name: string, ...clusters: string[]): DecisionGroup => ({
  index,
  name,
  clusters: new Set(clusters),
})
const one = [group(0, '', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6')]
const two = [group(0, 'canary', 'c1', 'c2', 'c3'), group(1, '', 'c4', 'c5', 'c6')]

/** `'c1 succeeded, c2 failed 5'`: the number is minutes ago. */
function states(text: string): ClusterRollout[] {
  return text.split(', ').map((each) => {
    const [, cluster = '', state, minutes] = /^(\S+) (\D+?)(?: (\d+))?$/.exec(each) ?? []
    return {
      cluster,
      state: state as RolloutState,
      ...(minutes !== undefined && { sinceMs: NOW_MS - Number(minutes) * MINUTE_MS }),
    }
  })
}

function underWay(
  strategy: RolloutStrategy,
  existing: ClusterRollout[] = [],
  groups: readonly DecisionGroup[] = one,
): string {
  return [...rollOut(strategy, groups, existing, NOW_MS).underWay].sort().join()
}

describe('rollOut', () => {
  it('goes to all clusters at once, unless it has come there', () => {
    expect(underWay({})).toBe('c1,c2,c3,c4,c5,c6')
    expect(underWay({ type: 'All' }, states('c1 succeeded, c2 failed, c3 progressing, c4 to apply'))).toBe(
      'c2,c3,c4,c5,c6',
    )
  })

  it('gives clusters up that take too long, and says when the next will have', () => {
    const strategy: RolloutStrategy = { type: 'All', all: { progressDeadline: '10m' } }
    const existing = states('c1 progressing 10, c2 failed 11, c3 progressing 4, c4 failed 1')
    const result = rollOut(strategy, one, existing, NOW_MS)
    expect([...result.timedOut]).toEqual(['c1', 'c2'])
    expect([...result.underWay].sort()).toEqual(['c3', 'c4', 'c5', 'c6'])
    expect(result.againAtMs).toBe(NOW_MS + 6 * MINUTE_MS)
  })

  it('goes to so many clusters at a time', () => {
    const strategy: RolloutStrategy = { type: 'Progressive', progressive: { maxConcurrency: 2 } }
    expect(underWay(strategy)).toBe('c1,c2')
    expect(underWay(strategy, states('c1 succeeded, c2 progressing'))).toBe('c2,c3')
    expect(underWay(strategy, states('c1 succeeded, c2 succeeded, c3 to apply, c4 to apply'))).toBe('c3,c4')
    expect(underWay({ type: 'Progressive', progressive: { maxConcurrency: '34%' } })).toBe('c1,c2,c3')
    expect(underWay({ type: 'Progressive' })).toBe('c1,c2,c3,c4,c5,c6')
  })

  it('waits until a success has lasted', () => {
    const progressive = { maxConcurrency: 1, minSuccessTime: '5m' }
    const strategy: RolloutStrategy = { type: 'Progressive', progressive }
    expect(rollOut(strategy, one, states('c1 succeeded 2'), NOW_MS)).toEqual({
      underWay: new Set(['c1']),
      timedOut: new Set(),
      againAtMs: NOW_MS + 3 * MINUTE_MS,
    })
    expect(underWay(strategy, states('c1 succeeded 5'))).toBe('c2')
  })

  it.each([
    [0, 'c1'],
    [1, 'c1,c2'],
    ['20%', 'c1,c2'],
  ])('begins no other cluster with more failures than %s', (maxFailures, expected) => {
    const strategy: RolloutStrategy = { type: 'Progressive', progressive: { maxConcurrency: 2, maxFailures } }
    expect(underWay(strategy, states('c1 failed, c2 to apply'))).toBe(expected)
  })

  it('goes to groups one after the other', () => {
    const strategy: RolloutStrategy = { type: 'ProgressivePerGroup' }
    expect(underWay(strategy, [], two)).toBe('c1,c2,c3')
    expect(underWay(strategy, states('c1 succeeded, c2 succeeded, c4 to apply'), two)).toBe('c3')
    expect(underWay(strategy, states('c1 succeeded, c2 succeeded, c3 succeeded'), two)).toBe('c4,c5,c6')
    expect(underWay(strategy, states('c1 succeeded, c2 succeeded, c3 failed'), two)).toBe('c3')
    expect(
      underWay(
        { type: 'ProgressivePerGroup', progressivePerGroup: { maxFailures: 1 } },
        states('c1 succeeded, c2 succeeded, c3 failed'),
        two,
      ),
    ).toBe('c3,c4,c5,c6')
  })

  it.each([{ groupName: 'canary' }, { groupIndex: 0 }])(
    'goes first to the groups that must not fail (%j)',
    (mandatory) => {
      const progressive = { maxConcurrency: 2, maxFailures: '100%', mandatoryDecisionGroups: [mandatory] }
      const strategy: RolloutStrategy = { type: 'Progressive', progressive }
      expect(underWay(strategy, [], two)).toBe('c1,c2,c3')
      expect(underWay(strategy, states('c1 succeeded, c2 succeeded, c3 failed'), two)).toBe('c3')
      expect(underWay(strategy, states('c1 succeeded, c2 succeeded, c3 succeeded'), two)).toBe('c4,c5')
    },
  )
})

describe('rolloutSize', () => {
  it.each([
    [undefined, 7],
    [0, 7],
    [3, 3],
    [11, 7],
    ['25%', 3],
    ['0%', 7],
    ['100%', 10],
    ['4', 4],
  ])('takes %j of ten, else seven, for %i', (threshold, size) => {
    expect(rolloutSize(threshold, 10, 7)).toBe(size)
  })

  it('refuses what is neither a number nor a percentage', () => {
    expect(() => rolloutSize('many', 10, 7)).toThrow(InvalidThresholdError)
  })
})
