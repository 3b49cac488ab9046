import { describe, expect, it } from 'vitest'
import {
  type DeletionFindings,
  namespaceConditions,
} from '../../../src/kube-controllers/namespaces/namespace-conditions.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const CLEAN: DeletionFindings = {
  discoveryFailure: undefined,
  contentFailures: [],
  remaining: new Map(),
  finalizers: new Map(),
}

const messageOf = (findings: Partial<DeletionFindings>, type: string) => {
  const condition = namespaceConditions([], { ...CLEAN, ...findings }, NOW).find((each) => each.type === type)
  return `${condition?.status} ${condition?.reason}: ${condition?.message}`
}

describe('the conditions of a namespace that is being deleted', () => {
  it.each([
    [
      'NamespaceDeletionDiscoveryFailure',
      { discoveryFailure: 'no answer' },
      'True DiscoveryFailed: no answer',
    ],
    [
      'NamespaceDeletionContentFailure',
      { contentFailures: ['z', 'a'] },
      'True ContentDeletionFailed: Failed to delete all resource types, 2 remaining: a, z',
    ],
    [
      'NamespaceContentRemaining',
      {
        remaining: new Map([
          ['pods.', 2],
          ['deployments.apps', 1],
        ]),
      },
      'True SomeResourcesRemain: Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
    ],
    [
      'NamespaceFinalizersRemaining',
      { finalizers: new Map([['example.com/hold', 3]]) },
      'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 3 resource instances',
    ],
    [
      'NamespaceFinalizersRemaining',
      {},
      'False ContentHasNoFinalizers: All content-preserving finalizers finished',
    ],
    ['NamespaceContentRemaining', {}, 'False ContentRemoved: All content successfully removed'],
  ] as const)('%s for %j', (type, findings, expected) => {
    expect(messageOf(findings, type)).toBe(expected)
  })

  it('stay the same array while nothing changes, and keep conditions of others', () => {
    const others = [
      {
        type: 'Other',
        status: 'True' as const,
        reason: 'R',
        message: '',
        lastTransitionTime: '2020-01-01T00:00:00Z',
      },
    ]
    const first = namespaceConditions(others, CLEAN, NOW)
    expect(first.map(({ type }) => type)).toEqual([
      'Other',
      'NamespaceDeletionDiscoveryFailure',
      'NamespaceDeletionGroupVersionParsingFailure',
      'NamespaceDeletionContentFailure',
      'NamespaceContentRemaining',
      'NamespaceFinalizersRemaining',
    ])
    expect(namespaceConditions(first, CLEAN, NOW + 5000)).toBe(first)
  })

  it('have changed when their status did, and not when only their text did', () => {
    const one = namespaceConditions([], { ...CLEAN, remaining: new Map([['pods.', 2]]) }, NOW)
    const fewer = namespaceConditions(one, { ...CLEAN, remaining: new Map([['pods.', 1]]) }, NOW + 5000)
    const none = namespaceConditions(fewer, CLEAN, NOW + 9000)
    const timeOf = (conditions: typeof one) =>
      conditions.find(({ type }) => type === 'NamespaceContentRemaining')?.lastTransitionTime
    expect([one, fewer, none].map(timeOf)).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:09Z',
    ])
  })
})
