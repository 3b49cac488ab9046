import { describe, expect, it } from 'vitest'
import {
  lastGenerationOf,
  withGeneration,
  withoutGeneration,
} from '../../../src/operator/apply/generations.ts'
import {
  withoutRelatedResources,
  withRelatedResources,
} from '../../../src/operator/apply/related-resources.ts'
import { compareVersions } from '../../../src/operator/apply/versions.ts'

const deployment = (generation: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'hub', name: 'web', generation },
})
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hub' } }

describe('the generations of a status', () => {
  it('are those of the objects when they were applied last', () => {
    const first = withGeneration([], deployment(1))
    expect(first).toEqual([
      {
        group: 'apps',
        version: 'v1',
        resource: 'deployments',
        namespace: 'hub',
        name: 'web',
        lastGeneration: 1,
      },
    ])
    expect(withGeneration(first, deployment(1))).toBe(first)
    const second = withGeneration(first, deployment(2))
    expect(lastGenerationOf(second, deployment(0))).toBe(2)
    expect(withoutGeneration(second, deployment(0))).toEqual([])
    expect(lastGenerationOf(undefined, deployment(0))).toBeUndefined()
  })
})

describe('the related resources of a status', () => {
  it('are listed once each, in the order in which they came', () => {
    const both = withRelatedResources([], [namespace, deployment(1), namespace])
    expect(both).toEqual([
      { group: '', version: 'v1', resource: 'namespaces', namespace: '', name: 'hub' },
      { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'hub', name: 'web' },
    ])
    expect(withRelatedResources(both, [deployment(5)])).toBe(both)
    expect(withoutRelatedResources(both, [namespace])).toEqual([both[1]])
    expect(withoutRelatedResources(both, [])).toBe(both)
  })
})

describe('a version', () => {
  it.each([
    ['1.3.1', 'v1.3.1', 0],
    ['1.3', '1.3.0', 0],
    ['0.9.10', '0.9.9', 1],
    ['v1.0.0-rc1', '1.0.1', -1],
    ['nonsense', '0.0.1', -1],
  ])('%s compared with %s is %d', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign)
  })
})
