import { describe, expect, it } from 'vitest'
import { obsoleteRevisions } from '../../../src/kube-controllers/deployments/history.ts'
import {
  currentAnnotations,
  latestRevision,
  REVISION,
  REVISION_HISTORY,
} from '../../../src/kube-controllers/deployments/revisions.ts'
import { deployment, replicaSet } from './workloads.ts'

describe('annotations of the current ReplicaSet', () => {
  it.each([
    ['a new one', undefined, 3, { [REVISION]: '3' }],
    ['one that is up to date', { [REVISION]: '3' }, 3, { [REVISION]: '3' }],
    ['one that is back', { [REVISION]: '9' }, 10, { [REVISION]: '10', [REVISION_HISTORY]: '9' }],
    [
      'one that is back again',
      { [REVISION]: '4', [REVISION_HISTORY]: '1,2' },
      6,
      { [REVISION]: '6', [REVISION_HISTORY]: '1,2,4' },
    ],
    ['one that is later than all others', { [REVISION]: '7' }, 3, { [REVISION]: '7' }],
    ['one with nonsense', { [REVISION]: 'x' }, 3, { [REVISION]: 'x' }],
  ] as const)('%s', (_, existing, revision, expected) => {
    expect(currentAnnotations(deployment(), existing, revision)).toEqual(expected)
  })

  it('are the Deployment’s, but for those that are its own', () => {
    const annotated = {
      ...deployment(),
      metadata: {
        annotations: {
          'kubernetes.io/change-cause': 'a new image',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
          [REVISION]: '8',
        },
      },
    }
    expect(currentAnnotations(annotated, { own: 'yes' }, 2)).toEqual({
      own: 'yes',
      'kubernetes.io/change-cause': 'a new image',
      [REVISION]: '2',
    })
  })

  it('forget the oldest revisions when there are very many', () => {
    const long = Array.from({ length: 500 }, (_, index) => 1000 + index).join(',')
    const existing = { [REVISION]: '2000', [REVISION_HISTORY]: long }
    const text = currentAnnotations(deployment(), existing, 2001)[REVISION_HISTORY] ?? ''
    expect(text.length).toBeLessThanOrEqual(2000)
    expect(text.endsWith(',1499,2000')).toBe(true)
  })
})

it('the latest revision passes over what is no number', () => {
  const sets = ['2', '10', 'x', '-3'].map((revision) => replicaSet('set', 0, 0, { [REVISION]: revision }))
  expect(latestRevision(sets)).toBe(10)
})

describe('ReplicaSets that are not needed any more', () => {
  const set = (revision: number, replicas = 0) =>
    replicaSet(`set-${revision}`, replicas, replicas, { [REVISION]: `${revision}` })
  const names = (limit: number, ...old: ReturnType<typeof set>[]) =>
    obsoleteRevisions(deployment({ revisionHistoryLimit: limit }), old).map(({ metadata }) => metadata.name)

  it.each([
    ['the earliest beyond the limit', 1, [set(10), set(2), set(3)], ['set-2', 'set-3']],
    ['none up to the limit', 3, [set(1), set(2), set(3)], []],
    ['all where none is kept', 0, [set(1)], ['set-1']],
    ['but not those that have pods', 0, [set(1, 2), set(2)], ['set-2']],
  ])('are %s', (_, limit, old, expected) => {
    expect(names(limit, ...old)).toEqual(expected)
  })
})
