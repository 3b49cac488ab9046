import { describe, expect, it } from 'vitest'
import type { LabelSelector } from '../../../src/apis/meta/v1.ts'
import type { ClusterRole } from '../../../src/apis/rbac/v1.ts'
import { aggregatedRules, isSameRules } from '../../../src/kube-controllers/cluster-roles/aggregated-rules.ts'

const rule = (resource: string) => ({ verbs: ['get'], apiGroups: [''], resources: [resource] })
const role = (name: string, labels: Record<string, string>, ...resources: string[]): ClusterRole => ({
  metadata: { name, labels },
  rules: resources.map(rule),
})
const sum = (...clusterRoleSelectors: LabelSelector[]): ClusterRole => ({
  metadata: { name: 'sum', labels: { x: 'a' } },
  aggregationRule: { clusterRoleSelectors },
})
const ROLES = [
  role('b', { x: 'b' }, 'bs', 'shared'),
  role('a', { x: 'a' }, 'as', 'shared'),
  role('none', {}, 'ns'),
]
const resourcesOf = (...selectors: LabelSelector[]) =>
  aggregatedRules(sum(...selectors), [...ROLES, sum()])?.map(({ resources }) => resources?.[0])

describe('aggregated rules', () => {
  it.each<[selectors: LabelSelector[], resources: string[]]>([
    [[{ matchLabels: { x: 'a' } }], ['as', 'shared']],
    [
      [{ matchLabels: { x: 'b' } }, { matchLabels: { x: 'a' } }],
      ['bs', 'shared', 'as'],
    ],
    [[{}], ['as', 'shared', 'bs', 'ns']],
    [[{ matchExpressions: [{ key: 'x', operator: 'Exists' }] }], ['as', 'shared', 'bs']],
    [[{ matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] }], ['ns']],
    [[{ matchExpressions: [{ key: 'x', operator: 'In', values: ['b', 'c'] }] }], ['bs', 'shared']],
    [[{ matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['b'] }] }], ['as', 'shared', 'ns']],
    [[{ matchLabels: { x: 'a', y: 'z' } }], []],
    [[{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }], []],
    [[], []],
  ])('for %j are those of %j', (selectors, resources) => {
    expect(resourcesOf(...selectors)).toEqual(resources)
  })

  it('are nobody else’s business in a role that aggregates nothing', () => {
    expect(aggregatedRules(role('own', {}, 'own'), ROLES)).toBeUndefined()
  })

  it('are the same when they say the same in the same order', () => {
    expect(isSameRules([{ ...rule('a'), resourceNames: null }], [rule('a')])).toBe(true)
    expect(isSameRules([rule('a'), rule('b')], [rule('b'), rule('a')])).toBe(false)
    expect(isSameRules(null, [])).toBe(true)
    expect(isSameRules([rule('a')], [])).toBe(false)
  })
})
