import { describe, expect, it } from 'vitest'
import {
  annotationsForAddOns,
  withClusterAnnotations,
} from '../../../src/addon-framework/manager/install/cluster-annotations.ts'
import { wantedClusters } from '../../../src/addon-framework/manager/install/wanted-clusters.ts'
import { isManagedByUs } from '../../../src/addon-framework/manager/lifecycle.ts'
import type { ManagedCluster } from '../../../src/apis/cluster/v1.ts'
import { addOn, decided, management } from './fixture.ts'

const HOSTING = 'addon.open-cluster-management.io/hosting-cluster-name'
const DISABLED = 'addon.open-cluster-management.io/disable-automatic-installation'
const INSTALL_NAMESPACE = 'addon.open-cluster-management.io/v1alpha1-install-namespace'
const LIFECYCLE = 'addon.open-cluster-management.io/lifecycle'

describe('wantedClusters', () => {
  const { placement, decisions } = decided({ one: ['c1', 'c2'], two: ['c2', 'c3'] })
  const stores = {
    placements: { store: { get: (key: string) => placement(key) } },
    decisions: { store: { byIndex: (_: string, key: string) => decisions(key) } },
  } as unknown as Parameters<typeof wantedClusters>[1]
  const wanted = (...names: string[]) => [
    ...wantedClusters(
      names.map((name) => ({ namespace: 'p', name })),
      stores,
    ),
  ]

  it('are those that any Placement has chosen, each once', () => {
    expect(wanted('one', 'two')).toEqual(['c1', 'c2', 'c3'])
    expect(wanted()).toEqual([])
  })

  it('are none of a Placement that has gone', () => {
    expect(wanted('gone', 'two')).toEqual(['c2', 'c3'])
  })
})

describe('annotations of clusters', () => {
  const cluster = (annotations: Record<string, string>) =>
    annotationsForAddOns({ metadata: { name: 'c', annotations } } as ManagedCluster)

  it('reach add-ons if they are about add-ons', () => {
    const annotations = cluster({ [HOSTING]: 'h', [DISABLED]: 'true', other: 'x' })
    const changed = withClusterAnnotations(addOn('c'), annotations)
    expect(changed?.metadata.annotations).toEqual({ [HOSTING]: 'h', [DISABLED]: 'true' })
    expect(changed && withClusterAnnotations(changed, annotations)).toBeUndefined()
  })

  it('take away what the cluster says no longer, and leave what is about something else', () => {
    const existing = addOn('c', { metadata: { annotations: { [HOSTING]: 'old', mine: 'x' } } })
    expect(withClusterAnnotations(existing, cluster({}))?.metadata.annotations).toEqual({ mine: 'x' })
    expect(withClusterAnnotations(addOn('c'), cluster({}))).toBeUndefined()
    const only = addOn('c', { metadata: { annotations: { [HOSTING]: 'old' } } })
    expect(withClusterAnnotations(only, cluster({}))?.metadata).not.toHaveProperty('annotations')
  })

  it('name the namespace of agents, which is a field here, and reset none that people have set', () => {
    const existing = addOn('c', { spec: { installNamespace: 'mine' } })
    expect(withClusterAnnotations(existing, cluster({}))).toBeUndefined()
    const changed = withClusterAnnotations(existing, cluster({ [INSTALL_NAMESPACE]: 'theirs' }))
    expect(changed).toMatchObject({ spec: { installNamespace: 'theirs' } })
    expect(changed?.metadata).not.toHaveProperty('annotations')
  })
})

it.each([
  [{}, true],
  [{ [LIFECYCLE]: 'addon-manager' }, true],
  [{ [LIFECYCLE]: 'self' }, false],
  [{ [LIFECYCLE]: '' }, false],
])('an add-on annotated %j is managed by us: %s', (annotations, isOurs) => {
  expect(isManagedByUs(management({}, undefined, annotations))).toBe(isOurs)
})
