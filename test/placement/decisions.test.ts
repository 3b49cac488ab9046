import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlacementSpec } from '../../src/apis/cluster/v1beta1.ts'
import { decisionGroups } from '../../src/placement/decisions/decision-groups.ts'
import { satisfiedCondition } from '../../src/placement/decisions/placement-conditions.ts'
import { wantedDecisions } from '../../src/placement/decisions/wanted-decisions.ts'
import { cluster } from './fixture.ts'

type GroupStrategy = NonNullable<NonNullable<PlacementSpec['decisionStrategy']>['groupStrategy']>
type Group = NonNullable<GroupStrategy['decisionGroups']>[number]

const CLUSTERS = [
  cluster('c1', { labels: { ring: 'canary' } }),
  cluster('c2', { labels: { ring: 'canary' } }),
  cluster('c3', { claims: { size: 'large' } }),
  cluster('c4'),
  cluster('c5'),
]
const CANARY: Group = {
  groupName: 'canary',
  groupClusterSelector: { labelSelector: { matchLabels: { ring: 'canary' } } },
}
const LARGE: Group = {
  groupName: 'large',
  groupClusterSelector: {
    claimSelector: { matchExpressions: [{ key: 'size', operator: 'In', values: ['large'] }] },
  },
}
const groups = (groupStrategy: GroupStrategy, clusters = CLUSTERS) =>
  decisionGroups({ decisionStrategy: { groupStrategy } }, clusters).map(({ name, clusters: members }) => [
    name,
    members.join(' '),
  ])

describe('groups of decisions', () => {
  it.each<[string, GroupStrategy, [string, string][]]>([
    ['one for all', {}, [['', 'c1 c2 c3 c4 c5']]],
    [
      'of a number',
      { clustersPerDecisionGroup: 2 },
      [
        ['', 'c1 c2'],
        ['', 'c3 c4'],
        ['', 'c5'],
      ],
    ],
    [
      'of a part',
      { clustersPerDecisionGroup: '30%' },
      [
        ['', 'c1 c2'],
        ['', 'c3 c4'],
        ['', 'c5'],
      ],
    ],
    ['too large', { clustersPerDecisionGroup: 9 }, [['', 'c1 c2 c3 c4 c5']]],
    ['nothing at all', { clustersPerDecisionGroup: '0%' }, [['', 'c1 c2 c3 c4 c5']]],
    [
      'by name first',
      { decisionGroups: [LARGE, CANARY], clustersPerDecisionGroup: 1 },
      [
        ['large', 'c3'],
        ['canary', 'c1'],
        ['canary', 'c2'],
        ['', 'c4'],
        ['', 'c5'],
      ],
    ],
  ])('%s', (_what, strategy, expected) => {
    expect(groups(strategy)).toEqual(expected)
  })

  it('are one, and empty, for no clusters', () => {
    expect(groups({ clustersPerDecisionGroup: 3 }, [])).toEqual([['', '']])
  })

  it('need a percentage', () => {
    expect(() => groups({ clustersPerDecisionGroup: 'half' })).toThrow(
      'half invalid type: string is not a percentage',
    )
  })

  it('hold every cluster once, whatever their size', () => {
    const many = fc.uniqueArray(
      fc.nat(300).map((number) => `cluster${number}`),
      { maxLength: 300 },
    )
    const size = fc.oneof(
      fc.integer({ min: -5, max: 310 }),
      fc.nat(150).map((percent) => `${percent}%`),
    )
    fc.assert(
      fc.property(many, size, (names, clustersPerDecisionGroup) => {
        const clusters = names.map((name) => cluster(name))
        const made = decisionGroups(
          { decisionStrategy: { groupStrategy: { clustersPerDecisionGroup } } },
          clusters,
        )
        const { decisions, status } = wantedDecisions('p', made)
        expect(decisions.flatMap((decision) => decision.clusters).sort()).toEqual(names.toSorted())
        expect(decisions.every((decision) => decision.clusters.length <= 100)).toBe(true)
        expect(status.flatMap((group) => group.decisions)).toEqual(decisions.map(({ name }) => name))
        expect(decisions.map(({ name }) => name)).toEqual(
          decisions.map((_, index) => `p-decision-${index + 1}`),
        )
      }),
    )
  })
})

describe('whether a Placement is satisfied', () => {
  const good = {
    wantedSets: ['x', 'y'],
    eligibleSets: ['x'],
    bindings: 1,
    availableClusters: 3,
    chosenClusters: 2,
    unscheduled: 0,
  }

  it.each([
    [
      { bindings: 0 },
      'False',
      'NoManagedClusterSetBindings',
      'No valid ManagedClusterSetBindings found in placement namespace',
    ],
    [
      { eligibleSets: [] },
      'False',
      'NoIntersection',
      'None of ManagedClusterSets [x,y] is bound to placement namespace',
    ],
    [
      { availableClusters: 0 },
      'False',
      'AllManagedClusterSetsEmpty',
      'All ManagedClusterSets [x] have no member ManagedCluster',
    ],
    [
      { chosenClusters: 0 },
      'False',
      'NoManagedClusterMatched',
      'No ManagedCluster matches any of the cluster predicate',
    ],
    [{ unscheduled: 3 }, 'False', 'NotAllDecisionsScheduled', '3 cluster decisions unscheduled'],
    [{}, 'True', 'AllDecisionsScheduled', 'All cluster decisions scheduled'],
  ])('%j: %s, %s', (changed, status, reason, message) => {
    expect(satisfiedCondition({ ...good, ...changed })).toEqual({
      type: 'PlacementSatisfied',
      status,
      reason,
      message,
    })
  })
})
