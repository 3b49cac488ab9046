import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlacementSpec } from '../../src/apis/cluster/v1beta1.ts'
import { quantityNumber } from '../../src/placement/prioritizers/quantity.ts'
import { addOnScore, allocatable, balance, steady } from '../../src/placement/prioritizers/scores.ts'
import { weightedPrioritizers } from '../../src/placement/prioritizers/weights.ts'
import { schedule } from '../../src/placement/schedule.ts'
import { cluster, NOW_MS, view } from './fixture.ts'

const CLUSTERS = ['a', 'b', 'c'].map((name) => cluster(name))
const builtIn = (name: string, weight: number) => ({
  scoreCoordinate: { type: 'BuiltIn' as const, builtIn: name },
  weight,
})
const addOn = (resourceName: string, scoreName: string, weight: number) => ({
  scoreCoordinate: { type: 'AddOn' as const, addOn: { resourceName, scoreName } },
  weight,
})

describe('scores', () => {
  it('balance by the decisions of others', () => {
    const { scores } = balance(CLUSTERS, view({ otherDecisions: { a: 4, b: 1 } }))
    expect(Object.fromEntries(scores)).toEqual({ a: -100, b: 50, c: 100 })
  })

  it('steady for what is decided', () => {
    expect(Object.fromEntries(steady(CLUSTERS, view({ decided: ['b'] })).scores)).toEqual({
      a: 0,
      b: 100,
      c: 0,
    })
  })

  it('by what is allocatable, from least to most', () => {
    const clusters = [
      cluster('small', { allocatable: { cpu: '500m', memory: '1Gi' } }),
      cluster('middle', { allocatable: { cpu: '1500m', memory: '1Gi' } }),
      cluster('large', { allocatable: { cpu: '4', memory: '1024Mi' } }),
      cluster('unknown'),
    ]
    expect(Object.fromEntries(allocatable('cpu')(clusters, view()).scores)).toEqual({
      small: -100,
      middle: -42,
      large: 100,
    })
    expect(Object.fromEntries(allocatable('memory')(clusters, view()).scores)).toEqual({
      small: 100,
      middle: 100,
      large: 100,
    })
  })

  it('of add-ons, as long as they are valid', () => {
    const scores = {
      a: { scores: [{ name: 'cpu', value: 7 }] },
      b: { scores: [{ name: 'cpu', value: 9 }], validUntil: new Date(NOW_MS - 1_000).toISOString() },
      c: { scores: [{ name: 'memory', value: 3 }], validUntil: new Date(NOW_MS + 1_000).toISOString() },
    }
    expect(addOnScore('usage', 'cpu')(CLUSTERS, view({ scores }))).toEqual({
      scores: new Map([
        ['a', 7],
        ['b', 0],
        ['c', 0],
      ]),
      problem: {
        code: 'warning',
        plugin: 'AddOn/usage/cpu',
        message: 'AddOnPlacementScores b/usage expired',
      },
    })
  })

  it.each([
    ['1', 1],
    ['100m', 0.1],
    ['1.5Gi', 1.5 * 1024 ** 3],
    ['2k', 2_000],
    ['1e3', 1_000],
    [8, 8],
    ['many', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('read %j as %j', (text, expected) => {
    expect(quantityNumber(text)).toBe(expected)
  })
})

describe('weights', () => {
  const weightsOf = (...args: Parameters<typeof weightedPrioritizers>) =>
    weightedPrioritizers(...args).map(({ name, weight }) => [name, weight])

  it.each<[PlacementSpec, (string | number)[][]]>([
    [
      {},
      [
        ['Balance', 1],
        ['Steady', 1],
      ],
    ],
    [{ prioritizerPolicy: { mode: 'Exact', configurations: [builtIn('Steady', 3)] } }, [['Steady', 3]]],
    [{ prioritizerPolicy: { mode: 'Additive', configurations: [builtIn('Balance', 0)] } }, [['Steady', 1]]],
    [
      { prioritizerPolicy: { configurations: [addOn('usage', 'cpu', -2)] } },
      [
        ['Balance', 1],
        ['Steady', 1],
        ['AddOn/usage/cpu', -2],
      ],
    ],
  ])('of %j', (spec: PlacementSpec, expected: (string | number)[][]) => {
    expect(weightsOf(spec)).toEqual(expected)
  })

  it.each<[PlacementSpec, string]>([
    [{ prioritizerPolicy: { mode: 'Other' as 'Exact' } }, 'incorrect prioritizer policy mode: Other'],
    [{ prioritizerPolicy: { configurations: [builtIn('Luck', 1)] } }, 'incorrect builtin prioritizer: Luck'],
    [
      { prioritizerPolicy: { configurations: [{ scoreCoordinate: { type: 'AddOn' } }] } },
      'addOn should not be empty',
    ],
  ])('refuse %j', (spec, message) => {
    expect(() => weightsOf(spec)).toThrow(message)
  })
})

describe('choosing', () => {
  it('takes the best, and of equals the first by name', () => {
    const spec = { numberOfClusters: 2, prioritizerPolicy: { configurations: [addOn('usage', 'cpu', 1)] } }
    const scores = { c: { scores: [{ name: 'cpu', value: 1 }] } }
    const { chosen, unscheduled } = schedule(CLUSTERS, view({ spec, scores }))
    expect(chosen.map(({ metadata }) => metadata.name)).toEqual(['c', 'a'])
    expect(unscheduled).toBe(0)
  })

  it('counts what is missing', () => {
    expect(schedule(CLUSTERS, view({ spec: { numberOfClusters: 5 } }))).toMatchObject({ unscheduled: 2 })
    expect(schedule([], view({ spec: { numberOfClusters: 0 } }))).toMatchObject({
      chosen: [],
      unscheduled: 0,
    })
  })

  it('keeps what is decided, whatever number is asked for', () => {
    const clusterName = fc.integer({ min: 0, max: 30 }).map((number) => `cluster${number}`)
    fc.assert(
      fc.property(
        fc.uniqueArray(clusterName),
        fc.uniqueArray(clusterName),
        fc.nat(35),
        (all, before, count) => {
          const decided = before.filter((name) => all.includes(name)).slice(0, count)
          const clusters = all.map((name) => cluster(name))
          const { chosen } = schedule(clusters, view({ spec: { numberOfClusters: count }, decided }))
          const names = chosen.map(({ metadata }) => metadata.name)
          expect(names).toHaveLength(Math.min(count, all.length))
          expect(names).toEqual(expect.arrayContaining(decided))
        },
      ),
    )
  })
})
